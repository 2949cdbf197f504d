extends "test_case.gd"
## The account of controls.

const Controls := preload("res://addons/morphogen/client/controls.gd")


func test_controls_that_were_not_sent_become_one() -> void:
	var controls: RefCounted = Controls.new()
	check_equal(controls.add({"speed_mps": 1.0, "camera": {"yaw_deg": 5.0}}), 1, "number")
	check_equal(controls.add({"heading_deg": 2.0, "camera": {"zoom": 0.5}}), 1, "number")
	var unsent: Array = controls.unsent()
	check_equal(unsent.size(), 1, "controls")
	check_equal(unsent[0].keys(), ["speed_mps", "camera", "heading_deg"], "fields")
	check_equal(unsent[0].camera.keys(), ["yaw_deg", "zoom"], "fields of the camera")


func test_controls_stay_until_a_frame_shows_them() -> void:
	var controls: RefCounted = Controls.new()
	controls.add({"speed_mps": 1.0})
	controls.mark_sent(1)
	check_equal(controls.add({"speed_mps": 2.0}), 2, "number")
	controls.mark_sent(1)
	check_equal(controls.shown(1), 1, "shown")
	controls.restart()
	check_equal(controls.unsent().size(), 1, "controls to be sent again")
	check_equal(controls.first_unsent(), 2, "number of the first one")
