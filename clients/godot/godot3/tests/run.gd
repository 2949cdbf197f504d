extends SceneTree
## Runs all tests, or those whose names contain the environment's TEST, against the server of MORPHOGEN_URL.
##
## Prints PASSED or FAILED and the name, for each.

const SCRIPTS := [
	preload("client_test.gd"),
	preload("controls_test.gd"),
	preload("dock_test.gd"),
	preload("formats_test.gd"),
	preload("nodes_test.gd"),
]


func _init() -> void:
	var part := OS.get_environment("TEST")
	for tests in SCRIPTS:
		for method in tests.new().get_method_list():
			if method.name.begins_with("test_") and (part == "" or method.name.find(part) >= 0):
				_run(tests.new(), method.name)
	quit()


func _run(tests: Reference, method: String) -> void:
	tests.open(get_root())
	tests.call(method)
	tests.close()
	for failure in tests.failures:
		print("    ", failure)
	print("FAILED " if tests.failures.size() > 0 else "PASSED ", method)
