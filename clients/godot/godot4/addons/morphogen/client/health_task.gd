extends "task.gd"
## Whether a server can make assets now.

## It never fails.
signal finished(answer)

const TIMEOUT_MS := 5000

## What came; null before that.
var answer: Variant = null
var _server: RefCounted
var _connection: HTTPClient = null
var _requested := false


func begin(server: RefCounted) -> void:
	_server = server


func poll() -> bool:
	if done:
		return false
	if _error_to_come != null or _attempts.remaining_ms() < 0:
		_finish(false)
		return false
	if _connection == null:
		_connection = _server.take_connection()
	if _connection == null:
		_finish(false)
		return false
	_connection.poll()
	match _connection.get_status():
		HTTPClient.STATUS_RESOLVING, HTTPClient.STATUS_CONNECTING, HTTPClient.STATUS_REQUESTING:
			pass
		HTTPClient.STATUS_CONNECTED:
			if _requested:
				_finish(_connection.get_response_code() == 200)
			else:
				_requested = true
				_connection.request_raw(HTTPClient.METHOD_GET, _server.base_path + "/readyz", [], PackedByteArray())
		HTTPClient.STATUS_BODY:
			_finish(_connection.get_response_code() == 200)
		_:
			_finish(false)
	return false


func _finish(healthy: bool) -> void:
	answer = healthy
	_end()
	finished.emit(answer)


func _fail(_reason: RefCounted) -> void:
	if not done:
		_finish(false)


func _leave_call() -> void:
	if _connection != null:
		_connection.close()
		_connection = null
