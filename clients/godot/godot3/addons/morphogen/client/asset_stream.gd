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
var result = null
var _assembly: Reference = Assembly.new()
var _service: Reference
var _method := ""
var _request: Reference
var _reader: Reference


func begin(service: Reference, method: String, request: Reference, reader: Reference) -> void:
	_service = service
	_method = method
	_request = request
	_reader = reader
	if _request.options == null:
		_request.options = CommonPb.StreamOptions.new()
	_request.options.resume_tokens = true
	_assembly.resume_token = _request.options.resume_token


## Who answers, a StreamHeader; null before the first update.
func header() -> Reference:
	return _assembly.header


## Continues the stream behind the last part, in another game too: as `options.resume_token` of the same request.
func resume_token() -> PoolByteArray:
	return _assembly.resume_token


func _open(remaining_ms: int) -> Reference:
	_request.options.resume_token = _assembly.resume_token
	_assembly.restart()
	return _service.call(_method, _request, remaining_ms)


func _take(message: Reference) -> void:
	var part = _assembly.receive(message)
	if _assembly.error != null:
		_fail(_assembly.error)
	elif part != null:
		_attempts.progress()
		var update = _reader.read(_assembly.header, part)
		if _reader.error != null:
			_fail(_reader.error)
		elif update != null:
			emit_signal("updated", update)


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
	emit_signal("finished", result)
