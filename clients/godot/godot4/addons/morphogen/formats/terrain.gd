extends RefCounted
## From a chunk's files to what shows it: the arrays of a mesh, shares of the ground, places of props.
##
## Safe in any thread.

const Pictures := preload("pictures.gd")
const Platform := preload("../platform.gd")

## How far the skirt hangs down that hides the gaps between chunks of different detail, in cells.
const SKIRT_CELLS := 3.0

var _indices := {}


## All that a chunk is made of; empty if its files cannot be read. `vertices` along its edge, which is `edge_m` long.
func build(files: Dictionary, vertices: int) -> Dictionary:
	var described: Variant = _json(files, "chunk")
	if typeof(described) != TYPE_DICTIONARY or not files.has("height"):
		return {}
	var bytes := Pictures.gray_16_of(files.height.data)
	if bytes.size() != 2 * vertices * vertices:
		return {}
	var heights := _heights(bytes, described.height_base_m, described.height_step_m)
	return {
		"arrays": _arrays(heights, vertices, described.edge_m),
		"heights": heights,
		"ground": Pictures.texture_image_of(files.ground) if files.has("ground") else null,
		"props": _placements(files, "props"),
		"cover": _placements(files, "cover"),
		"edge_m": described.edge_m,
		"sea_level_m": described.sea_level_m,
		"wet": described.deepest_water_m > 0.0 and described.lowest_m < described.sea_level_m,
	}


func _json(files: Dictionary, name: String) -> Variant:
	return Platform.json(files[name].data.get_string_from_utf8()) if files.has(name) else null


func _heights(bytes: PackedByteArray, base_m: float, step_m: float) -> PackedFloat32Array:
	var heights := PackedFloat32Array()
	var count := bytes.size() >> 1
	heights.resize(count)
	for at in range(count):
		heights[at] = base_m + step_m * (bytes[2 * at] << 8 | bytes[2 * at + 1])
	return heights


func _arrays(heights: PackedFloat32Array, edge: int, edge_m: float) -> Array:
	var cell_m := edge_m / (edge - 1)
	var count := edge * edge
	var places := PackedVector3Array()
	var normals := PackedVector3Array()
	var shares := PackedVector2Array()
	places.resize(count + 4 * edge)
	normals.resize(count + 4 * edge)
	shares.resize(count + 4 * edge)
	var last := edge - 1
	var at := 0
	for row in range(edge):
		var above := at - edge * int(row > 0)
		var below := at + edge * int(row < last)
		var rows := float(int(row > 0) + int(row < last))
		for column in range(edge):
			places[at] = Vector3(column * cell_m, heights[at], row * cell_m)
			shares[at] = Vector2((column + 0.5) / edge, (row + 0.5) / edge)
			var west := at - int(column > 0)
			var east := at + int(column < last)
			var rise_x := (heights[west] - heights[east]) / (east - west)
			var rise_z := (heights[above] - heights[below]) / rows
			normals[at] = Vector3(rise_x, cell_m, rise_z).normalized()
			at += 1
			above += 1
			below += 1
	# A copy of each edge, lower.
	var down := Vector3(0.0, -SKIRT_CELLS * cell_m, 0.0)
	for source in _rim(edge):
		places[at] = places[source] + down
		normals[at] = normals[source]
		shares[at] = shares[source]
		at += 1
	var arrays := []
	arrays.resize(Mesh.ARRAY_MAX)
	arrays[Mesh.ARRAY_VERTEX] = places
	arrays[Mesh.ARRAY_NORMAL] = normals
	arrays[Mesh.ARRAY_TEX_UV] = shares
	arrays[Mesh.ARRAY_INDEX] = _triangles(edge)
	return arrays


## Vertices of the four edges, once around: north, east, south, west.
func _rim(edge: int) -> Array:
	var rim := []
	var last := edge - 1
	for step in range(edge):
		rim.append(step)
	for step in range(edge):
		rim.append(step * edge + last)
	for step in range(edge):
		rim.append(last * edge + last - step)
	for step in range(edge):
		rim.append((last - step) * edge)
	return rim


## The same for all chunks of one size: made once.
func _triangles(edge: int) -> PackedInt32Array:
	if not _indices.has(edge):
		_indices[edge] = _made_triangles(edge)
	return _indices[edge]


func _made_triangles(edge: int) -> PackedInt32Array:
	var indices := PackedInt32Array()
	var rim := _rim(edge)
	indices.resize(6 * (edge - 1) * (edge - 1) + 6 * rim.size())
	var at := 0
	for row in range(edge - 1):
		for column in range(edge - 1):
			var corner := row * edge + column
			for index in [corner, corner + 1, corner + edge, corner + 1, corner + edge + 1, corner + edge]:
				indices[at] = index
				at += 1
	var first := edge * edge
	for step in range(rim.size()):
		var next := int(min(step + 1, rim.size() - 1))
		for index in [rim[step], first + step, rim[next], rim[next], first + step, first + next]:
			indices[at] = index
			at += 1
	return indices


## Model -> where it stands, as transforms relative to the chunk.
func _placements(files: Dictionary, name: String) -> Dictionary:
	var document: Variant = _json(files, name)
	var placed := {}
	if typeof(document) != TYPE_DICTIONARY:
		return placed
	for model in document:
		var transforms := []
		for row in document[model]:
			var turned := Basis(Vector3.UP, deg_to_rad(row[3])).scaled(Vector3(row[4], row[4], row[4]))
			transforms.append(Transform3D(turned, Vector3(row[0], row[1], row[2])))
		placed[model] = transforms
	return placed
