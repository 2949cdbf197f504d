extends "task.gd"
## A generating call: parts while they are made. It continues by itself where it was cut.

## Something is complete: a dictionary, as the verb says.
signal updated(update)
## All of it came. `result` has `header`, `sha256` (in hex), `timings` and `files`: name -> {media_type, data}.
signal finished(result)

const Assembly := preload("assembly.gd")
const CommonPb := preload("../protos/common_pb.gd")
const Platform := preload("../platform.gd")

## What came; null before the end.
var result: Variant = null
var _assembly: RefCounted = Assembly.new()
var _service: RefCounted
var _method := ""
var _request: RefCounted
var _reader: RefCounted


func begin(service: RefCounted, method: String, request: RefCounted, reader: RefCounted) -> void:
	_service = service
	_method = method
	_request = request
	_reader = reader
	if _request.options == null:
		_request.options = CommonPb.StreamOptions.new()
	_request.options.resume_tokens = true
	_assembly.resume_token = _request.options.resume_token


## Who answers, a StreamHeader; null before the first update.
func header() -> RefCounted:
	return _assembly.header


## Continues the stream behind the last part, in another game too: as `options.resume_token` of the same request.
func resume_token() -> PackedByteArray:
	return _assembly.resume_token


func _open(remaining_ms: int) -> RefCounted:
	_request.options.resume_token = _assembly.resume_token
	_assembly.restart()
	return _service.call(_method, _request, remaining_ms)


func _take(message: RefCounted) -> void:
	var part: Variant = _assembly.receive(message)
	if _assembly.error != null:
		_fail(_assembly.error)
	elif part != null:
		_attempts.progress()
		var update: Variant = _reader.read(_assembly.header, part)
		if _reader.error != null:
			_fail(_reader.error)
		elif update != null:
			updated.emit(update)


func _on_ended() -> void:
	if _assembly.trailer == null:
		_try_again(Errors.unavailable("the stream ended without its trailer"))
		return
	result = {
		"header": _assembly.header,
		"sha256": Platform.hex(_assembly.trailer.sha256),
		"timings": _assembly.trailer.timings,
		"files": _reader.files,
	}
	_end()
	finished.emit(result)
