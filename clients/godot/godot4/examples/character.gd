extends Node3D
## A character walks in circles, as its model and, beside that, as a stream of pictures. The arrow keys steer it.

const Client := preload("res://addons/morphogen/morphogen_client.gd")
const Character := preload("res://addons/morphogen/morphogen_character.gd")
const Stage := preload("stage.gd")

const TURN_DEG_PER_S := 12.0

## Frames that were shown, of the model and of the pictures.
var pose_count := 0
var picture_count := 0
var heading_deg := 0.0
var speed_mps := 1.4
var client: Node
var walker: Node3D
var portrait: Node3D
var camera: Camera3D
var _told_deg := 0.0


func _ready() -> void:
	client = Client.new()
	client.name = "Client"
	client.url = Stage.server_url()
	add_child(client)
	Stage.add_light(self, Vector3(-45.0, 35.0, 0.0), false)
	camera = Stage.add_camera(self, Vector3(0.0, 1.5, 5.0), Vector3(0.0, 0.9, 0.0))
	_add_ground()
	walker = _added("poses")
	walker.frame_shown.connect(_on_pose)
	portrait = _added("pictures")
	portrait.frame_shown.connect(_on_picture)
	_add_portrait()


func _added(show_as: String) -> Node3D:
	var character: Node3D = Character.new()
	character.client = NodePath("../Client")
	character.random_seed = 3
	character.show_as = show_as
	character.rate_hz = 30
	# A game takes live delivery, which keeps its rate. This shows something on machines that are too slow for that, too.
	character.stream_fields = {"delivery": "DELIVERY_LOSSLESS", "best_effort": true}
	character.failed.connect(_on_failed)
	character.control({"speed_mps": speed_mps, "heading_deg": heading_deg})
	add_child(character)
	return character


func _add_ground() -> void:
	var shown := MeshInstance3D.new()
	var plane := PlaneMesh.new()
	plane.size = Vector2(60.0, 60.0)
	shown.mesh = plane
	var material := StandardMaterial3D.new()
	material.albedo_color = Color(0.42, 0.5, 0.38)
	shown.material_override = material
	add_child(shown)


## The pictures, in the corner of the screen.
func _add_portrait() -> void:
	var layer := CanvasLayer.new()
	var shown := TextureRect.new()
	shown.texture = portrait.texture
	layer.add_child(shown)
	add_child(layer)


func _process(delta: float) -> void:
	if Input.is_action_pressed("ui_left"):
		heading_deg += 8.0 * TURN_DEG_PER_S * delta
	if Input.is_action_pressed("ui_right"):
		heading_deg -= 8.0 * TURN_DEG_PER_S * delta
	heading_deg += TURN_DEG_PER_S * delta
	if abs(heading_deg - _told_deg) > 2.0:
		_told_deg = heading_deg
		walker.control({"speed_mps": speed_mps, "heading_deg": heading_deg})
		portrait.control({"speed_mps": speed_mps, "heading_deg": heading_deg})
	if walker.skeleton != null:
		var hips: Vector3 = walker.skeleton.get_bone_global_pose(0).origin
		camera.look_at_from_position(Vector3(hips.x, 1.2, hips.z + 1.8), Vector3(hips.x, 0.8, hips.z), Vector3.UP)


func _on_pose(_number: int, _control_count: int) -> void:
	pose_count += 1


func _on_picture(_number: int, _control_count: int) -> void:
	picture_count += 1


func _on_failed(error: RefCounted) -> void:
	push_error(error.message)
