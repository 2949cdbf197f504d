extends Node3D
## A flight over an endless world.

const Client := preload("res://addons/morphogen/morphogen_client.gd")
const EndlessWorld := preload("res://addons/morphogen/morphogen_world.gd")
const Stage := preload("stage.gd")

const ABOVE_GROUND_M := 24.0

## Whether everything in view has been shown once.
var settled := false
var speed_mps := 12.0
var client: Node
var world: Node3D
var camera: Camera3D


func _ready() -> void:
	client = Client.new()
	client.name = "Client"
	client.url = Stage.server_url()
	add_child(client)
	Stage.add_light(self, Vector3(-35.0, 50.0, 0.0), false)
	camera = Stage.add_camera(self, Vector3(0.0, 100.0, 0.0), Vector3(1.0, 99.8, -1.0))
	camera.name = "Camera"
	world = EndlessWorld.new()
	world.client = NodePath("../Client")
	world.random_seed = 11
	world.landscape = {"biomes": {"alpine": 0.6, "forest": 0.8}}
	world.view_distance_m = 600.0
	world.opened.connect(_on_opened)
	world.settled.connect(_on_settled)
	world.failed.connect(_on_failed)
	add_child(world)


func _process(delta: float) -> void:
	if world.viewer != NodePath("../Camera"):
		return
	var forward := -camera.transform.basis.z
	camera.transform.origin += Vector3(forward.x, 0.0, forward.z).normalized() * speed_mps * delta
	var ground_m: float = world.height_at(camera.transform.origin.x, camera.transform.origin.z)
	if not is_nan(ground_m):
		var wanted_m: float = max(ground_m, 0.0) + ABOVE_GROUND_M
		camera.transform.origin.y = lerp(camera.transform.origin.y, wanted_m, min(1.0, 2.0 * delta))


## The camera goes where the viewer begins, and is the viewer from then on.
func _on_opened(viewer_m: Vector3) -> void:
	camera.transform.origin = viewer_m + Vector3(0.0, 100.0, 0.0)
	world.viewer = NodePath("../Camera")


func _on_settled(_chunk_count: int) -> void:
	settled = true


func _on_failed(error: RefCounted) -> void:
	push_error(error.message)
