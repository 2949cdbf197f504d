extends RefCounted
## What the examples share: light, sky, camera, the server's address.

const Platform := preload("res://addons/morphogen/platform.gd")


static func server_url() -> String:
	var url := OS.get_environment("MORPHOGEN_URL")
	return url if url != "" else "http://127.0.0.1:8080"


## The sun, from the direction that the angles in degrees say, and the sky's light.
static func add_light(scene: Node, angles_deg: Vector3, shadows: bool) -> void:
	var sun := DirectionalLight3D.new()
	sun.rotate_x(deg_to_rad(angles_deg.x))
	sun.rotate_y(deg_to_rad(angles_deg.y))
	sun.light_color = Color(1.0, 0.96, 0.88)
	sun.shadow_enabled = shadows
	scene.add_child(sun)
	var surroundings := WorldEnvironment.new()
	surroundings.environment = sky()
	scene.add_child(surroundings)


static func sky() -> Environment:
	var environment := Environment.new()
	Platform.set_sky(environment)
	environment.ambient_light_color = Color(0.72, 0.8, 0.9)
	environment.ambient_light_energy = 0.45
	return environment


static func add_camera(scene: Node, place_m: Vector3, looks_at_m: Vector3) -> Camera3D:
	var camera := Camera3D.new()
	camera.far = 2000.0
	scene.add_child(camera)
	camera.look_at_from_position(place_m, looks_at_m, Vector3.UP)
	camera.current = true
	return camera
