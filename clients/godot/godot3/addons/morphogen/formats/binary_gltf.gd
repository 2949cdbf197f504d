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


func _arrays(primitive: Dictionary) -> Array:
	var arrays := []
	arrays.resize(Mesh.ARRAY_MAX)
	var attributes: Dictionary = primitive.attributes
	arrays[Mesh.ARRAY_VERTEX] = _vectors(int(attributes.POSITION))
	if attributes.has("NORMAL"):
		arrays[Mesh.ARRAY_NORMAL] = _vectors(int(attributes.NORMAL))
	if attributes.has("TEXCOORD_0"):
		arrays[Mesh.ARRAY_TEX_UV] = _vectors_2(int(attributes.TEXCOORD_0))
	if attributes.has("COLOR_0"):
		arrays[Mesh.ARRAY_COLOR] = _colors(int(attributes.COLOR_0))
	if attributes.has("JOINTS_0"):
		arrays[Mesh.ARRAY_BONES] = _integers(int(attributes.JOINTS_0))
		arrays[Mesh.ARRAY_WEIGHTS] = _floats(int(attributes.WEIGHTS_0))
	if primitive.has("indices"):
		arrays[Mesh.ARRAY_INDEX] = _turned(_integers(int(primitive.indices)))
	return arrays


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
