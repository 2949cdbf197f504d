extends Node
## Runs an example until its condition holds, then for so many frames more, and saves what is to be seen.
##
## Environment: EXAMPLE (its name), UNTIL (a property of it, and the least value that it has to have), FRAMES, OUT.

const Platform := preload("res://addons/morphogen/platform.gd")
const TIMEOUT_MS := 60000

var _scene: Node
var _since_ms := 0
var _held_count := 0


func _ready() -> void:
	_scene = load("res://examples/%s.tscn" % OS.get_environment("EXAMPLE")).instantiate()
	add_child(_scene)
	_since_ms = Time.get_ticks_msec()


func _process(_delta: float) -> void:
	var wanted := OS.get_environment("UNTIL").split(" ")
	if _held_count > 0 or int(_scene.get(wanted[0])) >= int(wanted[1]):
		_held_count += 1
	if _held_count > int(OS.get_environment("FRAMES")):
		var image := Platform.screen_of(get_viewport())
		image.save_png(OS.get_environment("OUT"))
		print("DRAWN ", image.get_width(), "x", image.get_height())
		_leave()
	elif Time.get_ticks_msec() - _since_ms > TIMEOUT_MS:
		print("TIMEOUT: ", wanted[0], " is ", _scene.get(wanted[0]), " after ", Engine.get_frames_drawn(), " frames")
		_leave()


func _leave() -> void:
	set_process(false)
	_scene.free()
	get_tree().quit()
