extends RefCounted
## Something that goes on while the game runs: the client polls it in every frame until it is done.

## It ended without a result; `error` is a MorphogenError.
signal failed(error)
## An attempt failed with `error`; the next one begins after the wait.
signal retrying(error, delay_ms)

const MadeError := preload("error.gd")
const Errors := preload("errors.gd")
const Attempts := preload("attempts.gd")

## Whether nothing more comes.
var done := false
## Why it failed; null: it did not.
var error: RefCounted = null
## While this is true nothing is read, and the server soon stops making more.
var paused := false
var _attempts: RefCounted = Attempts.new()
var _call: RefCounted = null
var _wait_until_ms := 0
var _error_to_come: RefCounted = null


## Begin to count the time. With a `problem` the task fails when it is polled first.
func start(timeout_ms: int, retry: Dictionary, problem: RefCounted) -> void:
	_attempts.begin(timeout_ms, retry)
	_error_to_come = problem


## Attempts that were made at the call.
func attempt_count() -> int:
	return _attempts.count


## Leave it; the server stops within a step. It then fails with CANCELLED. Harmless when repeated.
func cancel() -> void:
	_fail(Errors.of(MadeError.Kind.CANCELLED, "the call was cancelled"))


## Go on as far as that takes no waiting; whether anything came. For the client.
func poll() -> bool:
	if done or paused or Time.get_ticks_msec() < _wait_until_ms:
		return false
	if _error_to_come != null:
		_fail(_error_to_come)
		return false
	var remaining_ms: int = _attempts.remaining_ms()
	if remaining_ms < 0:
		_fail(Errors.of(MadeError.Kind.DEADLINE_EXCEEDED, "the call's time is up"))
		return false
	if _call == null:
		_attempts.count += 1
		_call = _open(remaining_ms)
	var messages: Array = _call.poll()
	for message in messages:
		if not done:
			_take(message)
	if not done and _call != null and _call.ended:
		var ended: RefCounted = _call
		_call = null
		if ended.error == null:
			_on_ended()
		else:
			_try_again(ended.error)
	return messages.size() > 0


## An attempt at the call.
func _open(_remaining_ms: int) -> RefCounted:
	return null


## A message of it.
func _take(_message: RefCounted) -> void:
	pass


## It ended well.
func _on_ended() -> void:
	pass


func _try_again(reason: RefCounted) -> void:
	_leave_call()
	var delay_ms: int = _attempts.delay_ms(reason)
	if delay_ms < 0:
		_fail(reason)
	else:
		_wait_until_ms = Time.get_ticks_msec() + delay_ms
		retrying.emit(reason, delay_ms)


func _fail(reason: RefCounted) -> void:
	if not done:
		error = reason
		_end()
		failed.emit(reason)


func _end() -> void:
	done = true
	_leave_call()


func _leave_call() -> void:
	if _call != null:
		_call.close()
		_call = null
