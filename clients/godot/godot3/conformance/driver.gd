extends SceneTree
## The conformance driver: runs the cases of a JSON file, its last argument.
##
## The contract is in clients/conformance/README.md.

const CaseRun := preload("case_run.gd")
const Platform := preload("res://addons/morphogen/platform.gd")


func _init() -> void:
	var arguments := OS.get_cmdline_args()
	var path: String = arguments[arguments.size() - 1]
	var document = Platform.json(Platform.read_file(path).get_string_from_utf8())
	for described in document.cases:
		var run: Reference = CaseRun.new()
		run.run(described)
	quit()
