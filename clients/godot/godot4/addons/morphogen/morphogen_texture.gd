@tool
@icon("res://addons/morphogen/icons/texture.svg")
class_name MorphogenTexture
extends Node
## A material that is made while the game runs: coarse at once, finer with every level of detail.
##
## It fills `material`, which any number of meshes may share, or makes one for `target`.

## A level of detail is shown.
signal level_shown(lod_px)
## The last one is shown; `result` is that of `generate_texture`.
signal finished(result)
## `error` is a MorphogenError. What was shown stays.
signal failed(error)

const Pictures := preload("formats/pictures.gd")
const Platform := preload("platform.gd")
const Surface := preload("formats/surface.gd")
const Workshop := preload("formats/workshop.gd")

## The MorphogenClient.
@export var client: NodePath
## Class of the material, as the catalog lists them.
@export var texture_class: String = "stone"
@export var random_seed: int = 0
## Edge length in pixels: 64 to 2048, a power of two.
@export var size_px: int = 512
## The mesh that wears it; may be empty.
@export var target: NodePath
## Whether it begins with the scene.
@export var autostart: bool = true
## Parallax by the height map; 0: none.
@export_range(0.0, 16.0) var height_scale: float = 0.0
## What is filled; null: a new one.
var material: StandardMaterial3D = null
## Further fields of GenerateTextureRequest, e.g. {"attributes": {"roughness": 0.7}, "pattern": {"name": "brick"}}.
var request := {}
var _stream: RefCounted = null
var _workshop: RefCounted = null
var _pictures := Pictures.new()
var _result: Variant = null
var _expected := {}
var _images := {}


## Make it, or make it anew. The stream, whose signals tell more.
func generate() -> RefCounted:
	cancel()
	_result = null
	_images = {}
	_expected = {}
	var wanted := request.duplicate(true)
	wanted.texture_class = texture_class
	wanted.seed = random_seed
	wanted.size_px = size_px
	if material == null:
		material = StandardMaterial3D.new()
	var mesh: Node = get_node_or_null(target) if str(target) != "" else null
	if mesh != null:
		mesh.material_override = material
	_stream = get_node(client).generate_texture(wanted)
	_stream.updated.connect(_on_updated)
	_stream.finished.connect(_on_finished)
	_stream.failed.connect(_on_failed)
	set_process(true)
	return _stream


## Leave it as it is now.
func cancel() -> void:
	if _stream != null and not _stream.done:
		_stream.cancel()
	_stream = null


func _ready() -> void:
	set_process(false)
	if autostart and not Engine.is_editor_hint():
		generate()


func _exit_tree() -> void:
	cancel()
	if _workshop != null:
		_workshop.close()
		_workshop = null


func _process(_delta: float) -> void:
	if _workshop == null:
		return
	for made in _workshop.take_finished():
		_on_image(made[0], made[1])


func _on_updated(update: Dictionary) -> void:
	if _workshop == null:
		_workshop = Workshop.new()
		_workshop.open()
	_expected[update.lod_px] = update.maps.size()
	_images[update.lod_px] = {}
	for name in update.maps:
		_workshop.ask([update.lod_px, name, update.final], _pictures, "texture_image_of", [update.maps[name]])


func _on_image(ticket: Array, image: Image) -> void:
	var lod_px: int = ticket[0]
	if not _images.has(lod_px):
		return # of an earlier request
	_images[lod_px][ticket[1]] = Platform.texture_of(image) if image != null else null
	if _images[lod_px].size() == _expected[lod_px]:
		_show(_images[lod_px])
		_images.erase(lod_px)
		level_shown.emit(lod_px)
		if ticket[2] and _result != null:
			_finish()


func _show(maps: Dictionary) -> void:
	Surface.fill(material, maps)
	if height_scale > 0.0:
		Platform.set_height_map(material, maps.get("height"), height_scale)


func _on_finished(result: Dictionary) -> void:
	_result = result
	if _images.size() == 0:
		_finish()


func _finish() -> void:
	set_process(false)
	finished.emit(_result)


func _on_failed(error: RefCounted) -> void:
	_stream = null
	failed.emit(error)
