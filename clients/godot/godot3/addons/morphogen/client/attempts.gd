extends Reference
## When a failed call is tried again, and how long a call may take in all.

const MadeError := preload("error.gd")

## Attempts without anything received in between; 1: none is repeated.
var attempts := 6
## The first wait; each further one is twice as long.
var first_delay_ms := 100
## The longest wait.
var longest_delay_ms := 3000
## Attempts that were made.
var count := 0
var _due_ms := 0
var _failures := 0


## Without a limit if `timeout_ms` is 0. `retry` may name `attempts`, `first_delay_ms` and `longest_delay_ms`.
func begin(timeout_ms: int, retry: Dictionary) -> void:
	_due_ms = OS.get_ticks_msec() + timeout_ms if timeout_ms > 0 else 0
	attempts = retry.get("attempts", attempts)
	first_delay_ms = retry.get("first_delay_ms", first_delay_ms)
	longest_delay_ms = retry.get("longest_delay_ms", longest_delay_ms)


## What is left of the call's time; 0: it has no limit; negative: nothing is.
func remaining_ms() -> int:
	if _due_ms == 0:
		return 0
	var left := _due_ms - OS.get_ticks_msec()
	return left if left > 0 else -1


## Something came: the next failure is the first one again.
func progress() -> void:
	_failures = 0


## How long to wait before the next attempt; -1: there is none.
func delay_ms(error: Reference) -> int:
	_failures += 1
	if _failures >= attempts:
		return -1
	var doubled: float = min(longest_delay_ms, first_delay_ms * pow(2, _failures - 1))
	# Clients that lost one server must not come back as one.
	var delay := int(doubled * rand_range(0.5, 1.0))
	if error.kind == MadeError.Kind.OVERLOADED and error.retry_after_ms >= 0:
		delay = int(max(delay, error.retry_after_ms))
	elif error.kind != MadeError.Kind.UNAVAILABLE:
		return -1
	return delay if _due_ms == 0 or OS.get_ticks_msec() + delay < _due_ms else -1
