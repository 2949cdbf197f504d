extends "task.gd"
## A call with one answer.

## It went well; `answer` is what the verb says.
signal finished(answer)

## What came; null before that.
var answer: Variant = null
var _service: RefCounted
var _method := ""
var _request: RefCounted
var _field := ""
var _message: RefCounted = null


## Of the response only one field is handed out, if `field` names one.
func begin(service: RefCounted, method: String, request: RefCounted, field: String) -> void:
	_service = service
	_method = method
	_request = request
	_field = field


func _open(remaining_ms: int) -> RefCounted:
	return _service.call(_method, _request, remaining_ms)


func _take(message: RefCounted) -> void:
	_message = message


func _on_ended() -> void:
	if _message == null:
		_fail(Errors.broken("the call ended without an answer"))
		return
	answer = _message if _field == "" else _message.get(_field)
	_end()
	finished.emit(answer)
