extends Reference
## One attempt at one call, in gRPC-Web over HTTP/1.1. It does nothing but when it is polled, and never waits.

const Errors := preload("errors.gd")
const Platform := preload("../platform.gd")

## Largest message that is accepted.
const MESSAGE_MAX_BYTES := 8 * 1024 * 1024
const READ_BYTES := 128 * 1024
const CONNECT_TIMEOUT_MS := 20000
const TRAILERS := 0x80

## Whether nothing more comes; then `error` tells how it went.
var ended := false
## Null: it went well, or has not ended.
var error: Reference = null
var _server: Reference
var _path := ""
var _body := PoolByteArray()
var _response_class
var _timeout_ms := 0
var _connection: HTTPClient = null
var _connecting_since_ms := 0
var _requested := false
var _answered := false
var _buffer := PoolByteArray()
var _trailers := {}


func _init(server: Reference, path: String, request: Reference, response_class, timeout_ms: int) -> void:
	_server = server
	_path = path
	_response_class = response_class
	_timeout_ms = timeout_ms
	var message: PoolByteArray = request.encode()
	var size := message.size()
	_body = PoolByteArray([0, size >> 24 & 255, size >> 16 & 255, size >> 8 & 255, size & 255])
	_body.append_array(message)


## Go on as far as that takes no waiting. The messages that have come, decoded, oldest first.
func poll() -> Array:
	if ended:
		return []
	if _connection == null:
		_connection = _server.take_connection()
		_connecting_since_ms = OS.get_ticks_msec()
	if _connection == null or _connection.poll() != OK and not _has_answer():
		_end(Errors.unavailable("the server cannot be reached"))
		return []
	var status := _connection.get_status()
	match status:
		HTTPClient.STATUS_RESOLVING, HTTPClient.STATUS_CONNECTING:
			if OS.get_ticks_msec() - _connecting_since_ms > CONNECT_TIMEOUT_MS:
				_end(Errors.unavailable("the server does not answer"))
		HTTPClient.STATUS_CONNECTED:
			return _on_connected()
		HTTPClient.STATUS_REQUESTING:
			pass
		HTTPClient.STATUS_BODY:
			return _read()
		_:
			_end_without_answer("the server cannot be reached" if not _requested else "the connection broke")
	return []


## Leave it; the server stops. Harmless when repeated.
func close() -> void:
	ended = true
	if _connection != null:
		_connection.close()
		_connection = null


func _on_connected() -> Array:
	if not _requested:
		_requested = true
		var headers: PoolStringArray = _server.headers(_timeout_ms)
		if _connection.request_raw(HTTPClient.METHOD_POST, _server.base_path + _path, headers, _body) != OK:
			_end(Errors.unavailable("the request cannot be sent"))
		_body = PoolByteArray()
	elif _connection.has_response():
		_read_headers() # a response without a body
		_finish()
	return []


func _read() -> Array:
	_read_headers()
	if ended:
		return []
	var data: PoolByteArray = _connection.read_response_body_chunk()
	_buffer.append_array(data)
	var messages := _unframed()
	var status := _connection.get_status()
	if not ended and status != HTTPClient.STATUS_BODY:
		_finish()
	return messages


func _read_headers() -> void:
	if _answered:
		return
	_answered = true
	var headers: Dictionary = _connection.get_response_headers_as_dictionary()
	var content_type := ""
	for name in headers:
		if name.to_lower() == "content-type":
			content_type = headers[name]
		_take_trailer(name, headers[name])
	var http_code := _connection.get_response_code()
	if not _trailers.has("grpc-status") and (http_code != 200 or not content_type.begins_with("application/grpc-web")):
		_end(Errors.from_http(http_code))


## The messages in the buffer that are complete; the rest stays.
func _unframed() -> Array:
	var messages := []
	var at := 0
	while not ended and _buffer.size() - at >= 5:
		var size := _buffer[at + 1] << 24 | _buffer[at + 2] << 16 | _buffer[at + 3] << 8 | _buffer[at + 4]
		if size > MESSAGE_MAX_BYTES:
			_end(Errors.broken("a message has %d bytes, more than is accepted" % size))
		elif _buffer.size() - at - 5 < size:
			break
		else:
			var data := Platform.sliced(_buffer, at + 5, at + 5 + size)
			if _buffer[at] & TRAILERS:
				_read_trailers(data.get_string_from_utf8())
			else:
				_decode(data, messages)
			at += 5 + size
	if at > 0:
		_buffer = Platform.sliced(_buffer, at, _buffer.size())
	return messages


func _decode(data: PoolByteArray, messages: Array) -> void:
	var message: Reference = _response_class.new()
	if message.decode(data) == OK:
		messages.append(message)
	else:
		_end(Errors.broken("the server sent a message that cannot be read"))


func _read_trailers(text: String) -> void:
	for line in text.split("\n"):
		var colon: int = line.find(":")
		if colon > 0:
			_take_trailer(line.substr(0, colon), line.substr(colon + 1, line.length()))
	if not _trailers.has("grpc-status"):
		_end(Errors.broken("the trailers have no status"))


func _take_trailer(name: String, value: String) -> void:
	if name.to_lower().begins_with("grpc-"):
		_trailers[name.to_lower()] = value.strip_edges()


## The response is over.
func _finish() -> void:
	if not _trailers.has("grpc-status"):
		_end_without_answer("the connection broke")
		return
	var encoded: String = _trailers.get("grpc-status-details-bin", "")
	while encoded.length() % 4 != 0:
		encoded += "="
	var details := Marshalls.base64_to_raw(encoded) if encoded != "" else PoolByteArray()
	var message: String = _trailers.get("grpc-message", "").percent_decode()
	var reusable := _connection.get_status() == HTTPClient.STATUS_CONNECTED and _buffer.size() == 0
	if reusable:
		_server.give_back(_connection)
		_connection = null
	var code: String = _trailers["grpc-status"]
	_end(Errors.from_status(int(code) if Platform.is_whole(code) else 2, message, details))


func _has_answer() -> bool:
	return _trailers.has("grpc-status")


func _end_without_answer(message: String) -> void:
	if _has_answer():
		_finish()
	else:
		_end(Errors.unavailable(message))


func _end(with_error) -> void:
	if not ended:
		error = with_error
		close()
