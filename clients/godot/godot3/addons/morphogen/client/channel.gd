extends Reference
## What generated stubs call: opens calls at a server.

const Call := preload("call.gd")

var _server: Reference


func _init(server: Reference) -> void:
	_server = server


func unary(path: String, request: Reference, response_class, timeout_ms: int) -> Reference:
	return Call.new(_server, path, request, response_class, timeout_ms)


func stream(path: String, request: Reference, response_class, timeout_ms: int) -> Reference:
	return Call.new(_server, path, request, response_class, timeout_ms)
