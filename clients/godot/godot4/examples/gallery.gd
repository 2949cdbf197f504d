extends Node3D
## A wall of materials that get finer while one looks at it.
##
## MORPHOGEN_URL names the server; without it it is http://127.0.0.1:8080.

const Client := preload("res://addons/morphogen/morphogen_client.gd")
const MaterialMaker := preload("res://addons/morphogen/morphogen_texture.gd")
const Stage := preload("stage.gd")

const CLASSES := ["brick", "stone", "planks", "metal", "marble", "roof"]

## Materials that are complete.
var finished_count := 0
var client: Node


func _ready() -> void:
	client = Client.new()
	client.name = "Client"
	client.url = Stage.server_url()
	add_child(client)
	Stage.add_light(self, Vector3(-40.0, 30.0, 0.0), false)
	Stage.add_camera(self, Vector3(0.0, 0.3, 4.0), Vector3(0.0, 0.0, 0.0))
	for index in range(CLASSES.size()):
		_add_ball(CLASSES[index], Vector3(1.9 * (index % 3) - 1.9, 0.95 - 1.9 * int(index / 3.0), 0.0))


func _add_ball(texture_class: String, place_m: Vector3) -> void:
	var shown := MeshInstance3D.new()
	var ball := SphereMesh.new()
	ball.radius = 0.85
	ball.height = 1.7
	shown.mesh = ball
	shown.name = texture_class
	shown.transform.origin = place_m
	add_child(shown)
	var maker: Node = MaterialMaker.new()
	maker.client = NodePath("../../Client")
	maker.target = NodePath("..")
	maker.texture_class = texture_class
	maker.size_px = 256
	maker.material = StandardMaterial3D.new()
	maker.material.uv1_scale = Vector3(2.0, 1.0, 1.0)
	maker.finished.connect(_on_finished)
	maker.failed.connect(_on_failed)
	shown.add_child(maker)


func _on_finished(_result: Dictionary) -> void:
	finished_count += 1


func _on_failed(error: RefCounted) -> void:
	push_error(error.message)


func _process(delta: float) -> void:
	for texture_class in CLASSES:
		get_node(texture_class).rotate_y(0.3 * delta)
