extends RefCounted
## The client's side of a stream that is steered by calls of their own: at most one of them is on its way.

const MadeError := preload("error.gd")
const Errors := preload("errors.gd")

const TIMEOUT_MS := 10000
const PAUSE_MS := 200
const ENDING_MS := 2000

## Why a control was refused; that ends the stream.
var error: RefCounted = null
## Whether the last control may have been lost, and has to be said again.
var lost := false
var _call: RefCounted = null
var _repeatable := false
var _wait_until_ms := 0
var _ending: RefCounted = null


## Whether something can be sent.
func idle() -> bool:
	return _call == null and error == null and _ending == null and Time.get_ticks_msec() >= _wait_until_ms


## Send a control. If it is not `repeatable`, its loss breaks the stream.
func send(call: RefCounted, repeatable: bool) -> void:
	_call = call
	_repeatable = repeatable
	lost = false


func poll() -> void:
	if _ending != null and Time.get_ticks_msec() >= _wait_until_ms:
		error = _ending # where a session has just ended, its stream tells why; this one goes on without it
	if _call == null:
		return
	_call.poll()
	if _call.ended:
		var reason: RefCounted = _call.error
		_call = null
		if reason != null:
			_on_failed(reason)


func close() -> void:
	if _call != null:
		_call.close()
		_call = null


func _on_failed(reason: RefCounted) -> void:
	var away: bool = reason.kind == MadeError.Kind.UNAVAILABLE or reason.kind == MadeError.Kind.DEADLINE_EXCEEDED
	if away and _repeatable:
		lost = true
		_wait_until_ms = Time.get_ticks_msec() + PAUSE_MS
	elif reason.kind == MadeError.Kind.NOT_FOUND:
		_ending = reason
		_wait_until_ms = Time.get_ticks_msec() + ENDING_MS
	else:
		error = Errors.unavailable(reason.message) if away else reason
