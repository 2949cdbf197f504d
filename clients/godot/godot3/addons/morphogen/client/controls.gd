extends Reference
## The controls that no frame has shown yet, as dictionaries. At most one of them has not been sent.

## Most that are sent and not shown.
const UNSHOWN_MAX := 32

## Controls of earlier streams, which the server counts and this one does not.
var before := 0
## Whether `before` is known.
var knows_before := true
var _kept := []
var _first_number := 1
var _sent_count := 0


## Its number. What has not been sent yet becomes one control with it.
func add(control: Dictionary) -> int:
	if _kept.size() > _sent_count:
		_kept[-1] = _merged(_kept[-1], control)
	else:
		_kept.append(control.duplicate(true))
	return _first_number + _kept.size() - 1


## Those to be sent next.
func unsent() -> Array:
	var waiting := []
	if _sent_count < UNSHOWN_MAX:
		for index in range(_sent_count, _kept.size()):
			waiting.append(_kept[index])
	return waiting


## The number of the first of them, as the server counts.
func first_unsent() -> int:
	return before + _first_number + _sent_count


func mark_sent(count: int) -> void:
	_sent_count += count


## A frame shows `control_count` controls, as the server counts; as this stream does.
func shown(control_count: int) -> int:
	var count := control_count - before
	while _kept.size() > 0 and _first_number <= count:
		_kept.pop_front()
		_first_number += 1
		_sent_count = int(max(0, _sent_count - 1))
	return count


## A new session has had none of them.
func restart() -> void:
	_sent_count = 0


## The control that says what two say, one after the other.
func _merged(one: Dictionary, other: Dictionary) -> Dictionary:
	var both := one.duplicate(true)
	for name in other:
		if typeof(other[name]) == TYPE_DICTIONARY and typeof(both.get(name)) == TYPE_DICTIONARY:
			both[name] = _merged(both[name], other[name])
		else:
			both[name] = other[name]
	return both
