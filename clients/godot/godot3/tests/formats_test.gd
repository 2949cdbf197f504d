extends "test_case.gd"
## From files to meshes.

const BinaryGltf := preload("res://addons/morphogen/formats/binary_gltf.gd")
const Pictures := preload("res://addons/morphogen/formats/pictures.gd")
const Terrain := preload("res://addons/morphogen/formats/terrain.gd")
const Workshop := preload("res://addons/morphogen/formats/workshop.gd")


func _chunk(column: int, vertices: int) -> Dictionary:
	var request := {"row": 0, "column": column, "vertices": vertices, "maps": ["height", "ground", "props"]}
	return result_of(client.generate_chunk(request)).files


func test_heights_have_sixteen_bits() -> void:
	var files := _chunk(0, 129)
	var built: Dictionary = Terrain.new().build(files, 129)
	var described: Dictionary = Platform.json(files.chunk.data.get_string_from_utf8())
	var lowest := INF
	var highest := -INF
	var steps := {}
	for height in built.heights:
		lowest = min(lowest, height)
		highest = max(highest, height)
		steps[int(round((height - described.height_base_m) / described.height_step_m)) & 255] = true
	check(abs(lowest - described.lowest_m) < 0.02, "the lowest vertex is at %f m" % lowest)
	check(abs(highest - described.highest_m) < 0.02, "the highest vertex is at %f m" % highest)
	check(steps.size() > 100, "low bytes take %d values" % steps.size())


func test_neighbours_share_their_border() -> void:
	var west: Dictionary = Terrain.new().build(_chunk(0, 65), 65)
	var east: Dictionary = Terrain.new().build(_chunk(1, 65), 65)
	for row in range(65):
		check_equal(west.heights[row * 65 + 64], east.heights[row * 65], "height in row %d" % row)


func test_ground_is_seen_from_above_and_skirts_from_outside() -> void:
	var built: Dictionary = Terrain.new().build(_chunk(0, 33), 33)
	var places: PoolVector3Array = built.arrays[Mesh.ARRAY_VERTEX]
	var indices: PoolIntArray = built.arrays[Mesh.ARRAY_INDEX]
	check_equal(places.size(), 33 * 33 + 4 * 33, "vertices")
	var middle_m := Vector3(256.0, 0.0, 256.0)
	for at in range(0, indices.size(), 3):
		var corner := places[indices[at]]
		# Fronts are clockwise.
		var faces := (places[indices[at + 2]] - corner).cross(places[indices[at + 1]] - corner)
		if at < 6 * 32 * 32:
			check(faces.y > 0.0, "triangle %d faces up" % at)
		elif faces.length() > 0.001:
			check(faces.dot(corner - middle_m) > 0.0, "triangle %d faces outward" % at)
	for normal in built.arrays[Mesh.ARRAY_NORMAL]:
		check(normal.y > 0.0 and abs(normal.length() - 1.0) < 0.001, "normals point up")


func test_files_that_are_none_make_nothing() -> void:
	var files := _chunk(0, 33)
	check_equal(Terrain.new().build(files, 65).size(), 0, "another size")
	check_equal(Terrain.new().build({"chunk": files.chunk}, 33).size(), 0, "no heights")
	check_equal(Pictures.gray_16_of(files.ground.data).size(), 0, "a picture with colors")
	check_equal(Pictures.gray_16_of(PoolByteArray([1, 2, 3])).size(), 0, "three bytes")


func test_a_character_has_the_bones_of_its_description() -> void:
	var files: Dictionary = result_of(client.generate_character({"identity": {"seed": 3}})).files
	var gltf: Reference = BinaryGltf.new()
	check(gltf.open(files.character.data), "it is binary glTF")
	var described: Dictionary = Platform.json(files.description.data.get_string_from_utf8())
	var skin: Dictionary = gltf.skin()
	check_equal(skin.names, described.joints, "joints")
	for bone in range(19):
		check_equal(skin.parents[bone], int(described.parents[bone]), "parent")
	for surface in gltf.surfaces(0):
		var arrays: Array = surface.arrays
		var count: int = arrays[Mesh.ARRAY_VERTEX].size()
		check(count > 0 and arrays[Mesh.ARRAY_BONES].size() == 4 * count, "bones of %d vertices" % count)
		for index in arrays[Mesh.ARRAY_INDEX]:
			check(index < count, "an index")
	check_equal(gltf.mesh_of(gltf.surfaces(0)).get_surface_count(), gltf.surfaces(0).size(), "surfaces")


func test_broken_models_are_refused() -> void:
	var gltf: Reference = BinaryGltf.new()
	var head := PoolByteArray([0x67, 0x6C, 0x54, 0x46])
	for data in [PoolByteArray(), head, "no model at all, but text".to_utf8()]:
		check(not gltf.open(data), "%d bytes are no model" % data.size())


func test_the_workshop_works_beside_the_game_and_its_thread_ends() -> void:
	var threads := Platform.thread_count()
	var workshop: Reference = Workshop.new()
	workshop.open()
	for number in range(20):
		workshop.ask(number, self, "doubled", [number])
	var made := []
	var since_ms := OS.get_ticks_msec()
	while made.size() < 20 and OS.get_ticks_msec() - since_ms < 5000:
		made += workshop.take_finished()
	for number in range(made.size()):
		check_equal(made[number], [number, 2 * number], "a result")
	check_equal(made.size(), 20, "results")
	workshop.close()
	check_threads(threads)


func doubled(number: int) -> int:
	return 2 * number
