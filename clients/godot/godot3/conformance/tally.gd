extends Reference
## Counts what a driver was handed.

const Platform := preload("res://addons/morphogen/platform.gd")

var parts := 0
var bytes := 0
var settled := 0
var evicted := 0
var controls := 0
var _names := []
var _first_sequence := -1
var _digest := PoolByteArray()
var _arrivals_ms := []
var _frame_numbers := []
var _since_us := 0


func begin() -> void:
	_since_us = OS.get_ticks_usec()
	_digest.resize(32)
	for index in range(32):
		_digest[index] = 0


func elapsed_ms() -> float:
	return (OS.get_ticks_usec() - _since_us) / 1000.0


func take(name: String, data: PoolByteArray, sequence: int, hashed: bool) -> void:
	if parts == 0:
		_first_sequence = sequence
	parts += 1
	bytes += data.size()
	_arrivals_ms.append(elapsed_ms())
	if not _names.has(name):
		_names.append(name)
	if hashed:
		_digest.append_array(Platform.sha256(data))
		_digest = Platform.sha256(_digest)


func take_frame(frame: Dictionary) -> void:
	take("frame" if frame.picture != null else "pose", PoolByteArray(), -1, false)
	bytes += frame.size_bytes
	controls = int(max(controls, frame.control_count))
	_frame_numbers.append(frame.number)


func take_chunk(files: Dictionary) -> void:
	parts += 1
	_arrivals_ms.append(elapsed_ms())
	for name in files:
		bytes += files[name].data.size()
		if not _names.has(name):
			_names.append(name)


func dropped() -> int:
	if _frame_numbers.size() == 0:
		return 0
	return _frame_numbers[-1] - _frame_numbers[0] + 1 - _frame_numbers.size()


func digest() -> String:
	return Platform.hex(_digest)


func account(with_arrivals: bool) -> Dictionary:
	var line := {"parts": parts, "bytes": bytes, "names": _names, "elapsedMs": elapsed_ms()}
	if _first_sequence >= 0:
		line.firstSequence = _first_sequence
	if _arrivals_ms.size() > 0:
		line.firstPartMs = _arrivals_ms[0]
	if with_arrivals:
		line.arrivalsMs = _arrivals_ms
	return line
