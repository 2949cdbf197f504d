extends "task.gd"
## A character that moves: frames come down, controls and credit go up beside them.
##
## A broken connection is continued at the exact frame, with the controls that no frame had shown.

## Who moves, once, before the first frame: joints, parents, rest_offset_m, height_m, identity and more.
signal described(description)
## A dictionary: number, pose ({root_m, rotations, contact} or null), picture ({media_type, data} or null), alpha,
## keyframe, size_px, control_count.
signal frame_received(frame)
## `result` has `header`, `sha256` (in hex), `timings`, `description`, `frame_count`, `dropped_count`.
signal finished(result)

const Assembly := preload("assembly.gd")
const CharacterPb := preload("../protos/character_pb.gd")
const CommonPb := preload("../protos/common_pb.gd")
const Controls := preload("controls.gd")
const FrameReader := preload("frame_reader.gd")
const Platform := preload("../platform.gd")
const Steering := preload("steering.gd")

## What came; null before the end.
var result: Variant = null
## Who moves; null before the first frame, and in streams that began with a token.
var description: Variant = null
## Whether a frame counts as taken when the handlers of `frame_received` have returned. Otherwise `acknowledge` says so.
var acknowledges := true
var _assembly: RefCounted = Assembly.new()
var _controls: RefCounted = Controls.new()
var _steering: RefCounted = Steering.new()
var _service: RefCounted
var _request: RefCounted
var _credit := 4
var _session_id := ""
var _first_frame := 0
var _frame_count := 0
var _room := 0
var _wants_keyframe := false
var _counting: RefCounted = null


## `credit` frames, 1 to 63, may be on their way or wait; a live game wants 1 or 2.
func begin(service: RefCounted, request: RefCounted, credit: int) -> void:
	_service = service
	_request = request
	_credit = credit
	if _request.options == null:
		_request.options = CommonPb.StreamOptions.new()
	_request.options.resume_tokens = true
	_request.grants_credit = true
	if _request.stream.format == 0:
		_request.stream.poses = true
	_assembly.resume_token = _request.options.resume_token
	_assembly.gaps = _request.stream.delivery == CommonPb.Delivery.DELIVERY_LIVE
	_controls.knows_before = _assembly.resume_token.size() == 0


## Who answers, a StreamHeader; null before the first frame.
func header() -> RefCounted:
	return _assembly.header


## Continues the stream behind the last frame, in another game too.
func resume_token() -> PackedByteArray:
	return _assembly.resume_token


## Tell the character something, by the fields of CharacterControl; it shows in the next frame that is made.
##
## The control's number: frames with at least this `control_count` show it. 0 if there are no such fields; then the
## stream fails.
func control(fields: Dictionary) -> int:
	var problem: Dictionary = CharacterPb.CharacterControl.new().fill(fields)
	if problem.size() > 0:
		_fail(Errors.invalid(problem.field, problem.value, problem.allowed))
		return 0
	return _controls.add(fields)


## The next frame of a video shall stand for itself.
func keyframe() -> void:
	_wants_keyframe = true


## A frame has been dealt with: makes room for another one.
func acknowledge() -> void:
	_room += 1


func poll() -> bool:
	if done:
		return false
	_steering.poll()
	_poll_counting()
	if _steering.error != null:
		_try_again(_steering.error)
	elif _session_id != "" and _controls.knows_before and _steering.idle():
		_steer()
	return super.poll()


func _steer() -> void:
	var unsent: Array = _controls.unsent()
	# Half of the credit at a time: it takes half of the calls.
	if unsent.size() == 0 and not _wants_keyframe and _room < int(max(1, _credit >> 1)):
		return
	var request: RefCounted = CharacterPb.ControlSessionRequest.new()
	request.session_id = _session_id
	request.first_number = _controls.first_unsent() if unsent.size() > 0 else 0
	request.credit = _room
	request.keyframe = _wants_keyframe
	for fields in unsent:
		var message: RefCounted = CharacterPb.CharacterControl.new()
		message.fill(fields)
		request.controls.append(message)
	_controls.mark_sent(unsent.size())
	_room = 0
	_wants_keyframe = false
	_steering.send(_service.control_session(request, Steering.TIMEOUT_MS), false)


func _open(remaining_ms: int) -> RefCounted:
	_steering.close()
	_steering = Steering.new()
	_session_id = ""
	_room = 0
	_controls.restart()
	_assembly.restart()
	_request.options.resume_token = _assembly.resume_token
	# The description, of streams that begin at the beginning, is a part too.
	_request.options.credit = _credit + (1 if _assembly.resume_token.size() == 0 else 0)
	return _service.play_frames(_request, remaining_ms)


func _take(message: RefCounted) -> void:
	var part: Variant = _assembly.receive(message)
	if _assembly.error != null:
		_fail(_assembly.error)
	elif message.header != null:
		_begin_session(message.header)
	elif part != null and part.map == "description":
		description = FrameReader.description_of(part)
		if description == null:
			_fail(Errors.broken("part %d describes no character" % part.sequence))
		else:
			described.emit(description)
	elif part != null:
		_take_frame(part)


func _begin_session(named: RefCounted) -> void:
	_session_id = named.session_id
	var request: Variant = Platform.json(named.canonical_request)
	if typeof(request) != TYPE_DICTIONARY or not request.has("first_frame"):
		_fail(Errors.broken("the header does not say which frame is the first"))
		return
	_first_frame = int(request.first_frame)
	if not _controls.knows_before:
		var asked: RefCounted = CharacterPb.ControlSessionRequest.new()
		asked.session_id = _session_id
		_counting = _service.control_session(asked, Steering.TIMEOUT_MS)


## In streams that begin with a stored token: how many controls lie before it.
func _poll_counting() -> void:
	if _counting == null:
		return
	for answer in _counting.poll():
		_controls.before = answer.control_count
		_controls.knows_before = true
	if _counting.ended:
		var reason: RefCounted = _counting.error
		_counting = null
		if reason != null:
			_try_again(reason)


func _take_frame(part: Dictionary) -> void:
	var number: int = _first_frame + part.sequence - 1
	var frame: Variant = FrameReader.frame_of(part, number, _controls.shown(part.control_count))
	if frame == null:
		_fail(Errors.broken("part %d: %d bytes of %s are no frame" % [part.sequence, part.data.size(), part.media_type]))
		return
	_frame_count += 1
	_attempts.progress()
	frame_received.emit(frame)
	if acknowledges:
		acknowledge()


func _on_ended() -> void:
	if _assembly.trailer == null:
		_try_again(Errors.unavailable("the stream ended without its trailer"))
		return
	var first: int = int(max(1, _assembly.header.first_sequence))
	result = {
		"header": _assembly.header,
		"sha256": Platform.hex(_assembly.trailer.sha256),
		"timings": _assembly.trailer.timings,
		"description": description,
		"frame_count": _frame_count,
		"dropped_count": int(max(0, _assembly.header.part_count - first - _frame_count)),
	}
	_end()
	finished.emit(result)


## The server ends calls that last long, and those of a game that slept; then another one goes on.
func _try_again(reason: RefCounted) -> void:
	if reason.kind == MadeError.Kind.DEADLINE_EXCEEDED and reason.reason != "":
		reason = Errors.unavailable(reason.message)
	super._try_again(reason)


func _leave_call() -> void:
	_steering.close()
	_steering.error = null
	_session_id = ""
	if _counting != null:
		_counting.close()
		_counting = null
	super._leave_call()
