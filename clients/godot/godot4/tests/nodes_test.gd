extends "test_case.gd"
## The nodes, as their scenes drive them.

const Character := preload("res://addons/morphogen/morphogen_character.gd")
const EndlessWorld := preload("res://addons/morphogen/morphogen_world.gd")
const MaterialMaker := preload("res://addons/morphogen/morphogen_texture.gd")

var _events := []


func test_a_material_is_filled_and_its_thread_ends() -> void:
	var threads := Platform.thread_count()
	var maker: Node = MaterialMaker.new()
	maker.client = NodePath("../Client")
	maker.texture_class = "metal"
	maker.size_px = 128
	maker.level_shown.connect(_on_event)
	maker.finished.connect(_on_event)
	_root.add_child(maker)
	_drive(maker, 3)
	check_equal(_events[0], 64, "the first level of detail")
	check_equal(_events[1], 128, "the last level of detail")
	check(maker.material.albedo_texture != null, "it has colors")
	check(maker.material.normal_enabled and maker.material.normal_texture != null, "it has normals")
	check_equal(maker.material.metallic, 1.0, "metallic")
	maker.free()
	check_threads(threads)


func test_a_request_that_is_refused_is_told() -> void:
	var maker: Node = MaterialMaker.new()
	maker.client = NodePath("../Client")
	maker.texture_class = "lava"
	maker.failed.connect(_on_event)
	_root.add_child(maker)
	_drive(maker, 1)
	check_equal(_events[0].field, "texture_class", "field")
	maker.free()


func test_a_world_is_shown_around_its_viewer_and_leaves_nothing() -> void:
	var threads := Platform.thread_count()
	var viewer := Node3D.new()
	viewer.name = "Viewer"
	_root.add_child(viewer)
	viewer.transform.origin = Vector3(100.0, 0.0, 100.0)
	var world: Node3D = EndlessWorld.new()
	world.client = NodePath("../Client")
	world.viewer = NodePath("../Viewer")
	world.view_distance_m = 200.0
	world.vertices_max = 33
	world.settled.connect(_on_event)
	_root.add_child(world)
	_drive(world, 1)
	check(world.chunk_count() >= 1, "chunks are shown")
	check(not is_nan(world.height_at(100.0, 100.0)), "there is ground at the viewer")
	check(is_nan(world.height_at(90000.0, 0.0)), "there is none far away")
	viewer.transform.origin = Vector3(3100.0, 0.0, 100.0)
	_drive(world, 2)
	check(not is_nan(world.height_at(3100.0, 100.0)), "there is ground where the viewer went")
	check(is_nan(world.height_at(100.0, 100.0)), "what it left is gone")
	world.free()
	viewer.free()
	check_equal(client.task_count(), 0, "tasks")
	check_threads(threads)


func test_a_characters_model_follows_its_poses() -> void:
	var threads := Platform.thread_count()
	var character: Node3D = Character.new()
	character.client = NodePath("../Client")
	character.random_seed = 3
	character.stream_fields = {"delivery": "DELIVERY_LOSSLESS", "best_effort": true, "frame_count": 60}
	character.finished.connect(_on_event)
	character.control({"speed_mps": 1.4})
	_root.add_child(character)
	_drive(character, 1)
	var hips: Transform3D = character.skeleton.get_bone_global_pose(0)
	check_equal(character.skeleton.get_bone_count(), 19, "bones")
	check(hips.origin.y > 0.3 and hips.origin.y < 1.5, "the hips are %f m high" % hips.origin.y)
	check(hips.origin.z > 0.2, "it went %f m" % hips.origin.z)
	character.free()
	check_threads(threads)


func test_a_characters_pictures_fill_a_texture() -> void:
	var character: Node3D = Character.new()
	character.client = NodePath("../Client")
	character.show_as = "pictures"
	character.size_px = 128
	character.stream_fields = {"delivery": "DELIVERY_LOSSLESS", "best_effort": true, "frame_count": 5}
	character.finished.connect(_on_event)
	_root.add_child(character)
	_drive(character, 1)
	check_equal(character.texture.get_size(), Vector2(128.0, 128.0), "size")
	character.free()


func _on_event(told: Variant) -> void:
	_events.append(told)


## Go on, as the scene tree does, until so many events have come.
func _drive(node: Node, event_count: int) -> void:
	var since_ms := Time.get_ticks_msec()
	while _events.size() < event_count and Time.get_ticks_msec() - since_ms < TIMEOUT_MS:
		client.poll(5.0)
		node._process(0.01)
		OS.delay_usec(500)
	check(_events.size() >= event_count, "%d of %d events came" % [_events.size(), event_count])
	node._process(0.01)
