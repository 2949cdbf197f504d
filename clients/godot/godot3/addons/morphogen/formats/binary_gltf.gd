extends Reference
## Reads the binary glTF of models and characters: meshes with materials, vertex colors and skins. Safe in any thread.
##
## It reads what Morphogen writes there, and is no general importer: no pictures, no animations, no sparse accessors.

const Platform := preload("../platform.gd")

const MAGIC := 0x46546C67
const JSON_CHUNK := 0x4E4F534A
const WIDTHS := {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}
const SIZES := {5121: 1, 5123: 2, 5125: 4, 5126: 4}
const GAMMA := 1.0 / 2.2

## The document; empty before `open`.
var document := {}
var _bytes: StreamPeerBuffer = StreamPeerBuffer.new()
var _offset := 0
var _materials := {}
var _read := {}
var _renumbered_indices: PoolIntArray


## Read a file. False if it is none.
func open(data: PoolByteArray) -> bool:
	_bytes.data_array = data
	if data.size() < 28 or _bytes.get_u32() != MAGIC:
		return false
	_bytes.seek(12)
	var json_size := _bytes.get_u32()
	if _bytes.get_u32() != JSON_CHUNK or json_size > data.size() - 28:
		return false
	var parsed = Platform.json(Platform.sliced(data, 20, 20 + json_size).get_string_from_utf8())
	if typeof(parsed) != TYPE_DICTIONARY:
		return false
	document = parsed
	_offset = 28 + json_size
	return document.has("meshes") and document.has("accessors") and document.has("bufferViews")


## The mesh of the node of that name, as surfaces; empty if there is none. A surface is {arrays, material}.
func surfaces_of(node_name: String) -> Array:
	for node in document.get("nodes", []):
		if node.get("name", "") == node_name and node.has("mesh"):
			return surfaces(int(node.mesh))
	return []


## The names of the nodes with meshes.
func names() -> Array:
	var found := []
	for node in document.get("nodes", []):
		if node.has("mesh"):
			found.append(node.get("name", ""))
	return found


func surfaces(mesh_index: int) -> Array:
	var made := []
	for primitive in document.meshes[mesh_index].primitives:
		made.append({"arrays": _arrays(primitive), "material": int(primitive.get("material", -1))})
	_read = {}
	return made


## An engine's mesh of surfaces. For the main thread.
func mesh_of(made_surfaces: Array) -> ArrayMesh:
	var mesh := ArrayMesh.new()
	for surface in made_surfaces:
		mesh.add_surface_from_arrays(Mesh.PRIMITIVE_TRIANGLES, surface.arrays)
		mesh.surface_set_material(mesh.get_surface_count() - 1, _material(surface.material))
	return mesh


## {names, parents, offsets, binds} of the first skin's joints; empty if there is none.
func skin() -> Dictionary:
	if document.get("skins", []).size() == 0:
		return {}
	var nodes: Array = document.nodes
	var joints: Array = document.skins[0].joints
	var places := {}
	for index in range(joints.size()):
		places[int(joints[index])] = index
	var parents := []
	parents.resize(joints.size())
	for index in range(joints.size()):
		parents[index] = -1
	var made := {"names": [], "parents": parents, "offsets": [], "binds": _transforms()}
	for joint in joints:
		var node: Dictionary = nodes[int(joint)]
		var at: Array = node.get("translation", [0.0, 0.0, 0.0])
		made.names.append(node.get("name", ""))
		made.offsets.append(Vector3(at[0], at[1], at[2]))
		for child in node.get("children", []):
			if places.has(int(child)):
				parents[places[int(child)]] = places[int(joint)]
	return made


func _transforms() -> Array:
	var numbers: PoolRealArray = _floats(int(document.skins[0].inverseBindMatrices))
	var made := []
	for at in range(0, numbers.size(), 16):
		var axes := []
		for column in range(4):
			axes.append(Vector3(numbers[at + 4 * column], numbers[at + 4 * column + 1], numbers[at + 4 * column + 2]))
		made.append(Transform(axes[0], axes[1], axes[2], axes[3]))
	return made


## The surface's own vertices only: primitives of one mesh may share them all.
func _arrays(primitive: Dictionary) -> Array:
	var attributes: Dictionary = primitive.attributes
	var places: PoolVector3Array = _cached("_vectors", attributes.POSITION)
	var indices := _turned(_integers(int(primitive.indices)))
	var used := _renumbered(indices, places.size())
	var arrays := []
	arrays.resize(Mesh.ARRAY_MAX)
	arrays[Mesh.ARRAY_VERTEX] = _picked(PoolVector3Array(), places, used, 1)
	arrays[Mesh.ARRAY_INDEX] = _renumbered_indices
	if attributes.has("NORMAL"):
		arrays[Mesh.ARRAY_NORMAL] = _picked(PoolVector3Array(), _cached("_vectors", attributes.NORMAL), used, 1)
	if attributes.has("TEXCOORD_0"):
		arrays[Mesh.ARRAY_TEX_UV] = _picked(PoolVector2Array(), _cached("_vectors_2", attributes.TEXCOORD_0), used, 1)
	if attributes.has("COLOR_0"):
		arrays[Mesh.ARRAY_COLOR] = _picked(PoolColorArray(), _cached("_colors", attributes.COLOR_0), used, 1)
	if attributes.has("JOINTS_0"):
		arrays[Mesh.ARRAY_BONES] = _picked(PoolIntArray(), _cached("_integers", attributes.JOINTS_0), used, 4)
		arrays[Mesh.ARRAY_WEIGHTS] = _picked(PoolRealArray(), _cached("_floats", attributes.WEIGHTS_0), used, 4)
	return arrays


## The vertices that a surface has, in the order in which they come first; `_renumbered_indices` count in that order.
func _renumbered(indices: PoolIntArray, vertex_count: int) -> PoolIntArray:
	var numbers := PoolIntArray()
	numbers.resize(vertex_count)
	for vertex in range(vertex_count):
		numbers[vertex] = -1
	var used := PoolIntArray()
	for at in range(indices.size()):
		var vertex: int = int(clamp(indices[at], 0, vertex_count - 1))
		if numbers[vertex] < 0:
			numbers[vertex] = used.size()
			used.append(vertex)
		indices[at] = numbers[vertex]
	_renumbered_indices = indices
	return used


## Of `values` those of the used vertices, `width` of each; `picked` is an empty array of their kind.
func _picked(picked, values, used: PoolIntArray, width: int):
	picked.resize(used.size() * width)
	for at in range(used.size()):
		for offset in range(width):
			picked[at * width + offset] = values[used[at] * width + offset]
	return picked


## An accessor's values, read once.
func _cached(read: String, index: float):
	if not _read.has(index):
		_read[index] = call(read, int(index))
	return _read[index]


## Triangles the other way round: glTF's fronts are counterclockwise, Godot's clockwise.
func _turned(indices: PoolIntArray) -> PoolIntArray:
	for at in range(0, indices.size() - 2, 3):
		var second := indices[at + 1]
		indices[at + 1] = indices[at + 2]
		indices[at + 2] = second
	return indices


## Go to an accessor's first value: how many numbers it has; 0 if the file does not hold them.
func _seek(accessor: Dictionary) -> int:
	var view: Dictionary = document.bufferViews[int(accessor.get("bufferView", 0))]
	var at := _offset + int(view.get("byteOffset", 0)) + int(accessor.get("byteOffset", 0))
	var count := int(accessor.count) * int(WIDTHS[accessor.type])
	if count < 0 or at < _offset or at + count * int(SIZES[int(accessor.componentType)]) > _bytes.get_size():
		return 0
	_bytes.seek(at)
	return count


func _floats(index: int) -> PoolRealArray:
	var count := _seek(document.accessors[index])
	var numbers := PoolRealArray()
	numbers.resize(count)
	for at in range(count):
		numbers[at] = _bytes.get_float()
	return numbers


func _integers(index: int) -> PoolIntArray:
	var accessor: Dictionary = document.accessors[index]
	var count := _seek(accessor)
	var numbers := PoolIntArray()
	numbers.resize(count)
	match int(accessor.componentType):
		5121:
			for at in range(count):
				numbers[at] = _bytes.get_u8()
		5123:
			for at in range(count):
				numbers[at] = _bytes.get_u16()
		_:
			for at in range(count):
				numbers[at] = _bytes.get_u32()
	return numbers


func _vectors(index: int) -> PoolVector3Array:
	var count := int(_seek(document.accessors[index]) / 3.0)
	var made := PoolVector3Array()
	made.resize(count)
	for at in range(count):
		made[at] = Vector3(_bytes.get_float(), _bytes.get_float(), _bytes.get_float())
	return made


func _vectors_2(index: int) -> PoolVector2Array:
	var count := int(_seek(document.accessors[index]) / 2.0)
	var made := PoolVector2Array()
	made.resize(count)
	for at in range(count):
		made[at] = Vector2(_bytes.get_float(), _bytes.get_float())
	return made


## In sRGB, as materials take them: so they multiply with the albedo correctly in each renderer.
func _colors(index: int) -> PoolColorArray:
	var count := int(_seek(document.accessors[index]) / 4.0)
	var levels := []
	for level in range(256):
		levels.append(pow(level / 255.0, GAMMA))
	var made := PoolColorArray()
	made.resize(count)
	for at in range(count):
		var red: float = levels[_bytes.get_u8()]
		var green: float = levels[_bytes.get_u8()]
		made[at] = Color(red, green, levels[_bytes.get_u8()], _bytes.get_u8() / 255.0)
	return made


func _material(index: int) -> SpatialMaterial:
	if not _materials.has(index):
		_materials[index] = _made_material(index)
	return _materials[index]


func _made_material(index: int) -> SpatialMaterial:
	var material := SpatialMaterial.new()
	material.vertex_color_use_as_albedo = true
	material.vertex_color_is_srgb = true
	if index < 0 or index >= document.get("materials", []).size():
		return material
	var described: Dictionary = document.materials[index]
	var surface: Dictionary = described.get("pbrMetallicRoughness", {})
	var color: Array = surface.get("baseColorFactor", [1.0, 1.0, 1.0, 1.0])
	material.albedo_color = Color(pow(color[0], GAMMA), pow(color[1], GAMMA), pow(color[2], GAMMA), color[3])
	material.metallic = surface.get("metallicFactor", 1.0)
	material.roughness = surface.get("roughnessFactor", 1.0)
	if described.get("doubleSided", false):
		material.cull_mode = SpatialMaterial.CULL_DISABLED
	if described.has("emissiveFactor"):
		var glow: Array = described.emissiveFactor
		material.emission_enabled = true
		material.emission = Color(pow(glow[0], GAMMA), pow(glow[1], GAMMA), pow(glow[2], GAMMA))
	return material
