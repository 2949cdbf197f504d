extends RefCounted
## What generated stubs call: opens calls at a server.

const Call := preload("call.gd")

var _server: RefCounted


func _init(server: RefCounted) -> void:
	_server = server


func unary(path: String, request: RefCounted, response_class: Variant, timeout_ms: int) -> RefCounted:
	return Call.new(_server, path, request, response_class, timeout_ms)


func stream(path: String, request: RefCounted, response_class: Variant, timeout_ms: int) -> RefCounted:
	return Call.new(_server, path, request, response_class, timeout_ms)
