@icon("res://addons/morphogen/icons/world.svg")
class_name MorphogenWorld
extends Node3D
## An endless world around a viewer: chunks come before they are seen, finer the nearer, and go when they are left.

## The world can be shown; `viewer_m` is where its viewer begins, on dry land.
signal opened(viewer_m)
## A chunk is shown, or shown with another detail.
signal chunk_shown(column, row, vertices)
## A chunk is gone.
signal chunk_removed(column, row)
## Everything in view is shown.
signal settled(chunk_count)
## `error` is a MorphogenError. What is shown stays.
signal failed(error)

const BinaryGltf := preload("formats/binary_gltf.gd")
const Pictures := preload("formats/pictures.gd")
const Platform := preload("platform.gd")
const Terrain := preload("formats/terrain.gd")
const Workshop := preload("formats/workshop.gd")
const WorldChunk := preload("world_chunk.gd")

const GROUNDS := ["vegetation", "soil", "rock", "snow"]
const MOVE_PAUSE_MS := 100

## The MorphogenClient.
@export var client: NodePath
## The node that looks at the world, e.g. the camera. Without one the viewer stays where the world begins.
@export var viewer: NodePath
@export var random_seed: int = 0
@export var view_distance_m: float = 400.0
## Most vertices along a chunk's edge: 33, 65, 129 or 257.
@export var vertices_max: int = 129
## Whether trees, rocks and the like stand there.
@export var props: bool = true
## 0 to 2: how coarse their models are.
@export_range(0, 2) var prop_detail: int = 1
## Chunks that may be on their way or wait to be shown.
@export var credit: int = 4
@export var autostart: bool = true
## Further fields of Landscape, e.g. {"biomes": {"alpine": 1.0}, "relief": 1.5}.
var landscape := {}
var _stream: RefCounted = null
var _description: RefCounted = null
var _workshop: RefCounted = null
var _terrain: RefCounted = Terrain.new()
var _pictures: RefCounted = Pictures.new()
var _models: RefCounted = BinaryGltf.new()
var _model_meshes := {}
var _model_users := {}
var _has_models := false
var _chunks := {}
var _removed := {}
var _building := 0
var _ground_textures := {}
var _water: StandardMaterial3D = null
var _settled_count := -1
var _is_open := false
var _told_m := Vector3()
var _told_at_ms := 0


## Open it, or open it anew.
func explore() -> void:
	leave()
	var place := landscape.duplicate(true)
	place.seed = random_seed
	var server: Node = get_node(client)
	var maps := ["height", "ground", "props"] if props else ["height", "ground"]
	var start := {
		"landscape": place,
		"view_distance_m": view_distance_m,
		"vertices_max": vertices_max,
		"maps": maps,
		"credit": credit,
	}
	var watching := _viewer()
	if watching != null:
		var at_m := to_local(watching.global_transform.origin)
		start.viewer = {"x_m": at_m.x, "z_m": at_m.z}
	_workshop = Workshop.new()
	_workshop.open()
	_description = server.generate_world({"landscape": place})
	_description.updated.connect(_on_world_file)
	_description.failed.connect(_on_failed)
	_stream = server.explore_world(start)
	_stream.acknowledges = false
	_stream.opened.connect(_on_opened)
	_stream.chunk_received.connect(_on_chunk)
	_stream.evicted.connect(_on_evicted)
	_stream.settled.connect(_on_settled)
	_stream.failed.connect(_on_failed)
	set_process(true)


## Close it; nothing of it stays.
func leave() -> void:
	set_process(false)
	for task in [_stream, _description]:
		if task != null and not task.done:
			task.failed.disconnect(_on_failed)
			task.cancel()
	_stream = null
	_description = null
	if _workshop != null:
		_workshop.close()
		_workshop = null
	for place in _chunks:
		_chunks[place].queue_free()
	_chunks = {}
	_removed = {}
	_building = 0
	_settled_count = -1
	_is_open = false
	_told_at_ms = 0
	_has_models = false
	_model_meshes = {}
	_model_users = {}


## Height of the ground in meters at a place of this node's space; NAN where no chunk is shown.
func height_at(x_m: float, z_m: float) -> float:
	for place in _chunks:
		if _chunks[place].covers(x_m, z_m):
			return _chunks[place].height_at(x_m, z_m)
	return NAN


func chunk_count() -> int:
	return _chunks.size()


func _ready() -> void:
	set_process(false)
	if autostart:
		explore()


func _exit_tree() -> void:
	leave()


func _viewer() -> Node3D:
	return get_node_or_null(viewer) as Node3D if str(viewer) != "" else null


func _process(_delta: float) -> void:
	_tell_viewer()
	for made in _workshop.take_finished():
		match made[0][0]:
			"chunk":
				_show_chunk(made[0][1], made[1])
			"ground":
				_show_ground(made[0][1], made[1])
			"models":
				_has_models = made[1]
				for place in _chunks:
					_ask_models(_chunks[place])
			"model":
				_show_model(made[0][1], made[1])


func _tell_viewer() -> void:
	var watching := _viewer()
	var now_ms := Time.get_ticks_msec()
	if watching == null or _stream == null or now_ms - _told_at_ms < MOVE_PAUSE_MS:
		return
	var at_m := to_local(watching.global_transform.origin)
	var moved := at_m - _told_m
	var seconds := (now_ms - _told_at_ms) / 1000.0
	if moved.length() < 0.5:
		return
	var velocity := moved / seconds if seconds < 1.0 else Vector3()
	_stream.move(at_m.x, at_m.z, clamp(velocity.x, -10000.0, 10000.0), clamp(velocity.z, -10000.0, 10000.0))
	_told_m = at_m
	_told_at_ms = now_ms


func _on_opened(world: RefCounted) -> void:
	if not _is_open: # and not again after a reconnection
		_is_open = true
		opened.emit(Vector3(world.viewer.x_m, 0.0, world.viewer.z_m))


func _on_world_file(update: Dictionary) -> void:
	if GROUNDS.has(update.name):
		_workshop.ask(["ground", update.name], _pictures, "texture_image_of", [update.file])
	elif update.name == "models" and props:
		_workshop.ask(["models"], _models, "open", [update.file.data])


func _on_chunk(place: Dictionary, files: Dictionary) -> void:
	_building += 1
	_removed.erase(Vector2(place.column, place.row))
	_workshop.ask(["chunk", place], _terrain, "build", [files, place.vertices])


func _on_evicted(places: Array) -> void:
	for place in places:
		var key := Vector2(place.column, place.row)
		_removed[key] = true # it may be in the workshop still
		if _chunks.has(key):
			_chunks[key].queue_free()
			_chunks.erase(key)
			chunk_removed.emit(place.column, place.row)


func _show_chunk(place: Dictionary, built: Dictionary) -> void:
	_building -= 1
	_stream_acknowledge()
	var key := Vector2(place.column, place.row)
	if built.size() == 0 or _removed.has(key):
		_check_settled()
		return
	var chunk: Node3D = WorldChunk.new()
	chunk.show_land(built, place.column, place.row, _ground_textures)
	if built.wet:
		chunk.show_water(built, _water_material())
	add_child(chunk)
	if _chunks.has(key):
		_chunks[key].queue_free()
	_chunks[key] = chunk
	_ask_models(chunk)
	chunk_shown.emit(place.column, place.row, place.vertices)
	_check_settled()


func _stream_acknowledge() -> void:
	if _stream != null and not _stream.done:
		_stream.acknowledge()


func _show_ground(name: String, image: Image) -> void:
	if image != null:
		_ground_textures[name] = Platform.texture_of(image)
		for place in _chunks:
			_chunks[place].show_ground(_ground_textures)


## Have the models made that a chunk's props need; those that are there are placed at once.
func _ask_models(chunk: Node3D) -> void:
	if not _has_models:
		return
	for model in chunk.missing_models():
		if _model_meshes.has(model):
			chunk.place_model(model, _model_meshes[model])
		elif not _model_users.has(model):
			_model_users[model] = true
			var name: String = model if prop_detail == 0 else "%s_lod%d" % [model, prop_detail]
			_workshop.ask(["model", model], self, "model_surfaces", [name, model])


## For the workshop: the coarse model, or the only one that there is.
func model_surfaces(name: String, otherwise: String) -> Array:
	var surfaces: Array = _models.surfaces_of(name)
	return surfaces if surfaces.size() > 0 else _models.surfaces_of(otherwise)


func _show_model(model: String, surfaces: Array) -> void:
	_model_meshes[model] = _models.mesh_of(surfaces)
	for place in _chunks:
		_chunks[place].place_model(model, _model_meshes[model])


func _water_material() -> StandardMaterial3D:
	if _water == null:
		_water = StandardMaterial3D.new()
		_water.albedo_color = Color(0.12, 0.3, 0.38, 0.75)
		_water.roughness = 0.1
		Platform.make_transparent(_water)
	return _water


func _on_settled(count: int) -> void:
	_settled_count = count
	_check_settled()


func _check_settled() -> void:
	if _building == 0 and _settled_count >= 0:
		var count := _settled_count
		_settled_count = -1
		settled.emit(count)


func _on_failed(error: RefCounted) -> void:
	failed.emit(error)
