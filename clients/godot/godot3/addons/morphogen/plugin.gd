tool
extends EditorPlugin
## Puts Morphogen's dock into the editor.

const Dock := preload("dock.gd")

var _dock: Control = null


func _enter_tree() -> void:
	_dock = Dock.new()
	add_control_to_dock(DOCK_SLOT_RIGHT_BL, _dock)


func _exit_tree() -> void:
	if _dock != null:
		remove_control_from_docks(_dock)
		_dock.free()
		_dock = null
