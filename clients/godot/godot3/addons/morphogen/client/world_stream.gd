extends "task.gd"
## A viewer's way through an endless world: chunks come before it sees them, and are told off when it has left them.

## First, and again after a reconnection: a WorldOpened with the viewer's place, chunk_m and world_json.
signal opened(world)
## `place` is {row, column, vertices}, `files` name -> {media_type, data}. Comes again, finer, as the viewer nears it.
signal chunk_received(place, files)
## Chunks that have gone out of view.
signal evicted(places)
## Everything that the viewer sees now has come.
signal settled(chunk_count)
## After `finish`, when all has come.
signal finished

const WorldPb := preload("../protos/world_pb.gd")
const Steering := preload("steering.gd")
const PartAssembly := preload("part_assembly.gd")

## Whether a chunk counts as dealt with when the handlers of `chunk_received` have returned. Otherwise `acknowledge`
## says so: no more than `credit` chunks come before that.
var acknowledges := true
## Chunks that have come and not been told off: Vector2(column, row) -> {row, column, vertices}.
var held := {}
var _service: Reference
var _start: Reference
var _viewer: Reference = null
var _finishing := false
var _session_id := ""
var _control_number := 0
var _received_count := 0
var _news := false
var _steering: Reference = Steering.new()
var _parts: Reference = PartAssembly.new()
var _place = null
var _files := {}


func begin(service: Reference, start: Reference) -> void:
	_service = service
	_start = start
	_viewer = start.viewer
	for chunk in start.held:
		held[Vector2(chunk.column, chunk.row)] = _place_of(chunk, chunk.vertices)


## The viewer is there now, in meters, and moves so fast, in meters per second. Only the newest word counts.
func move(x_m: float, z_m: float, velocity_x: float = 0.0, velocity_z: float = 0.0) -> void:
	_viewer = WorldPb.Viewer.new()
	_viewer.x_m = x_m
	_viewer.z_m = z_m
	_viewer.velocity_x = velocity_x
	_viewer.velocity_z = velocity_z
	_news = true


## The viewer moves no more: the stream ends when all that it sees has come.
func finish() -> void:
	_finishing = true
	_news = true


## A chunk has been dealt with: makes room for another one.
func acknowledge() -> void:
	_received_count += 1
	_news = true


func poll() -> bool:
	if done:
		return false
	_steering.poll()
	if _steering.error != null:
		_fail(_steering.error)
	elif _session_id != "" and _steering.idle() and (_news or _steering.lost):
		_steer()
	return .poll()


func _steer() -> void:
	_news = false
	_control_number += 1
	var control: Reference = WorldPb.ControlWorldRequest.new()
	control.session_id = _session_id
	control.control_number = _control_number
	control.viewer = _viewer
	control.received_count = _received_count
	control.finish = _finishing
	_steering.send(_service.control_world(control, Steering.TIMEOUT_MS), true)


func _open(remaining_ms: int) -> Reference:
	_steering.close()
	_steering = Steering.new()
	_session_id = ""
	_control_number = 0
	_received_count = 0
	_parts = PartAssembly.new()
	_place = null
	_files = {}
	_start.viewer = _viewer
	_start.held = []
	for place in held.values():
		var chunk: Reference = WorldPb.HeldChunk.new()
		chunk.row = place.row
		chunk.column = place.column
		chunk.vertices = place.vertices
		_start.held.append(chunk)
	var request: Reference = WorldPb.WatchWorldRequest.new()
	request.start = _start
	return _service.watch_world(request, remaining_ms)


func _take(message: Reference) -> void:
	match message.which("payload"):
		"opened":
			_session_id = message.opened.session_id
			_news = _finishing
			_attempts.progress()
			emit_signal("opened", message.opened)
		"part":
			_take_part(message.part)
		"evicted":
			var places := []
			for chunk in message.evicted.chunks:
				held.erase(Vector2(chunk.column, chunk.row))
				places.append(_place_of(chunk, chunk.vertices))
			_attempts.progress()
			emit_signal("evicted", places)
		"settled":
			_attempts.progress()
			emit_signal("settled", message.settled.chunk_count)


func _take_part(piece: Reference) -> void:
	if piece.part == null:
		_fail(Errors.broken("chunk %d %d came without its piece" % [piece.row, piece.column]))
		return
	if _place == null:
		_place = _place_of(piece, piece.part.lod_px)
	if _place.row != piece.row or _place.column != piece.column:
		_fail(Errors.broken("chunk %d %d came within another one" % [piece.row, piece.column]))
		return
	var part = _parts.take(piece.part)
	if _parts.error != null:
		_fail(_parts.error)
		return
	if part == null:
		return
	_files[part.map] = {"media_type": part.media_type, "data": part.data, "sha256": part.sha256}
	_place.vertices = int(max(_place.vertices, part.lod_px))
	if _files.size() >= piece.part_count:
		_complete()


func _complete() -> void:
	var place: Dictionary = _place
	var files := _files
	_place = null
	_files = {}
	held[Vector2(place.column, place.row)] = place
	_attempts.progress()
	emit_signal("chunk_received", place, files)
	if acknowledges:
		acknowledge()


func _place_of(chunk: Reference, vertices: int) -> Dictionary:
	return {"row": chunk.row, "column": chunk.column, "vertices": vertices}


func _on_ended() -> void:
	_end()
	emit_signal("finished")


## The server ends calls that last long; then another one goes on.
func _try_again(reason: Reference) -> void:
	if reason.kind == MadeError.Kind.DEADLINE_EXCEEDED and reason.reason == "DEADLINE_EXCEEDED":
		reason = Errors.unavailable(reason.message)
	._try_again(reason)


func _end() -> void:
	_steering.close()
	._end()
