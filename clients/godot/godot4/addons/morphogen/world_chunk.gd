extends Node3D
## What shows one chunk of a world.

const Platform := preload("platform.gd")

var _heights: PackedFloat32Array
var _edge := 0
var _edge_m := 0.0
var _origin_m := Vector3()
var _material: ShaderMaterial = null
var _props := {}
var _placed := {}


## The ground; `built` comes from terrain.gd.
func show_land(built: Dictionary, column: int, row: int, textures: Dictionary) -> void:
	_heights = built.heights
	_edge_m = built.edge_m
	_edge = int(round(sqrt(_heights.size())))
	_origin_m = Vector3(column * _edge_m, 0.0, row * _edge_m)
	transform.origin = _origin_m
	_props = built.props
	_material = ShaderMaterial.new()
	_material.shader = Platform.shader()
	if built.ground != null:
		Platform.set_shader_value(_material, "ground", Platform.texture_of(built.ground))
	show_ground(textures)
	var mesh := ArrayMesh.new()
	mesh.add_surface_from_arrays(Mesh.PRIMITIVE_TRIANGLES, built.arrays)
	_add_mesh(mesh, _material)


## The ground's materials, as many as there are yet.
func show_ground(textures: Dictionary) -> void:
	for name in textures:
		Platform.set_shader_value(_material, name, textures[name])


func show_water(built: Dictionary, material: StandardMaterial3D) -> void:
	var plane := PlaneMesh.new()
	plane.size = Vector2(_edge_m, _edge_m)
	var surface := _add_mesh(plane, material)
	surface.transform.origin = Vector3(0.5 * _edge_m, built.sea_level_m, 0.5 * _edge_m)


## Models of its props that have not been placed.
func missing_models() -> Array:
	var missing := []
	for model in _props:
		if not _placed.has(model):
			missing.append(model)
	return missing


func place_model(model: String, mesh: Mesh) -> void:
	if not _props.has(model) or _placed.has(model):
		return
	_placed[model] = true
	var many := MultiMeshInstance3D.new()
	many.multimesh = Platform.multi_mesh(mesh, _props[model])
	add_child(many)


## Whether a place of the world lies in it.
func covers(x_m: float, z_m: float) -> bool:
	var x := x_m - _origin_m.x
	var z := z_m - _origin_m.z
	return x >= 0.0 and z >= 0.0 and x < _edge_m and z < _edge_m


## Height of its ground in meters, between its vertices too.
func height_at(x_m: float, z_m: float) -> float:
	var cells := _edge - 1
	var x: float = clamp((x_m - _origin_m.x) / _edge_m * cells, 0.0, cells)
	var z: float = clamp((z_m - _origin_m.z) / _edge_m * cells, 0.0, cells)
	var column := int(min(floor(x), cells - 1))
	var row := int(min(floor(z), cells - 1))
	var at := row * _edge + column
	var north: float = lerp(_heights[at], _heights[at + 1], x - column)
	var south: float = lerp(_heights[at + _edge], _heights[at + _edge + 1], x - column)
	return lerp(north, south, z - row)


func _add_mesh(mesh: Mesh, material: Material) -> MeshInstance3D:
	var shown := MeshInstance3D.new()
	shown.mesh = mesh
	shown.material_override = material
	add_child(shown)
	return shown
