extends Reference
## One case: starts its verb, does its steps while the stream runs, and prints what came.

const Client := preload("res://addons/morphogen/morphogen_client.gd")
const MadeError := preload("res://addons/morphogen/client/error.gd")
const Errors := preload("res://addons/morphogen/client/errors.gd")
const Platform := preload("res://addons/morphogen/platform.gd")
const Tally := preload("tally.gd")

const VERBS := {
	"probe": "probe",
	"generateTexture": "generate_texture",
	"generateLevel": "generate_level",
	"generateScene": "generate_scene",
	"generateWorld": "generate_world",
	"generateChunk": "generate_chunk",
	"generateCharacter": "generate_character",
}
const TICK_US := 200

var _case := {}
var _tally: Reference = Tally.new()
var _client: Node
var _task: Reference = null
var _error: Reference = null
var _steps := []
var _resume_at_ms := 0


func run(described: Dictionary) -> void:
	_case = described
	_steps = described.get("steps", []).duplicate()
	var sockets := Platform.open_file_count()
	_tally.begin()
	_client = _made_client()
	_start(PoolByteArray())
	if _task != null:
		_wait()
	var line := _report()
	if _case.has("lingerMs"):
		print("RESULT ", Platform.json_text(line))
		var until := OS.get_ticks_msec() + int(_case.lingerMs)
		while OS.get_ticks_msec() < until:
			_client.poll(1.0)
			OS.delay_usec(TICK_US)
		_close()
	else:
		_close()
		line.leaks = _leaks(sockets)
		print("RESULT ", Platform.json_text(line))


func _made_client() -> Node:
	var client: Node = Client.new()
	client.url = _case.url
	client.token = _case.get("token", "")
	var retry: Dictionary = _case.get("retry", {})
	for names in [["attempts", "attempts"], ["firstDelayMs", "first_delay_ms"], ["longestDelayMs", "longest_delay_ms"]]:
		if retry.has(names[0]):
			client.retry[names[1]] = int(retry[names[0]])
	return client


func _start(token: PoolByteArray) -> void:
	var request: Dictionary = _case.get("request", {}).duplicate(true)
	if token.size() > 0:
		var options: Dictionary = request.get("options", {})
		options.resumeToken = token
		request.options = options
	var within_ms := int(_case.get("timeoutMs", -1))
	_task = _begun(request, within_ms)
	if _task == null:
		return
	_task.connect("failed", self, "_on_failed")
	for signal_name in ["updated", "frame_received", "chunk_received", "evicted", "settled"]:
		if _task.has_signal(signal_name):
			Platform.connect_signal(_task, signal_name, self, "_on_" + signal_name)


func _begun(request: Dictionary, within_ms: int) -> Reference:
	var verb: String = _case.call
	if VERBS.has(verb):
		return _client.call(VERBS[verb], request, within_ms)
	match verb:
		"playFrames":
			return _client.play_frames(request.get("stream", {}), 4, request.get("options", {}), int(max(0, within_ms)))
		"exploreWorld":
			return _client.explore_world(request, int(max(0, within_ms)))
		"catalog":
			return _client.catalog(request.get("assetKind", ""), within_ms)
		"generator":
			return _client.generator(request.get("name", ""), within_ms)
		"healthy":
			return _client.healthy()
	return null


func _wait() -> void:
	while not _task.done:
		_client.poll(5.0)
		_take_timed_steps()
		if _task.paused and OS.get_ticks_msec() >= _resume_at_ms:
			_task.paused = false
		OS.delay_usec(TICK_US)


func _on_failed(error: Reference) -> void:
	_error = error


func _on_updated(update: Dictionary) -> void:
	if update.has("maps"):
		for name in update.maps:
			_tally.take(name, update.maps[name].data, _sequence(), true)
	else:
		var name: String = update.get("name", "refinement")
		_tally.take(name, update.file.data, update.get("sequence", _sequence()), true)
	_take_steps("afterParts", _tally.parts)


func _on_frame_received(frame: Dictionary) -> void:
	_tally.take_frame(frame)
	_take_steps("afterParts", _tally.parts)


func _on_chunk_received(_place: Dictionary, files: Dictionary) -> void:
	_tally.take_chunk(files)
	_take_steps("afterParts", _tally.parts)


func _on_evicted(places: Array) -> void:
	_tally.evicted += places.size()


func _on_settled(_count: int) -> void:
	_tally.settled += 1
	_take_steps("afterSettled", _tally.settled)


## Number of the part that is handed out now, where its update does not say it.
func _sequence() -> int:
	return _task.header().first_sequence if _tally.parts == 0 else -1


func _take_timed_steps() -> void:
	_take_steps("afterMs", int(_tally.elapsed_ms()))


func _take_steps(trigger: String, reached: int) -> void:
	while _steps.size() > 0 and _steps[0].has(trigger) and reached >= int(_steps[0][trigger]):
		_act(_steps.pop_front())


func _act(step: Dictionary) -> void:
	if step.has("cancel"):
		_task.cancel()
	elif step.has("pauseMs"):
		_task.paused = true
		_resume_at_ms = OS.get_ticks_msec() + int(step.pauseMs)
	elif step.has("reopen"):
		var token: PoolByteArray = _task.resume_token()
		_task.disconnect("failed", self, "_on_failed")
		_task.cancel()
		_close()
		_client = _made_client()
		_start(token)
	elif step.has("control"):
		_task.control(step.control)
	elif step.has("viewer"):
		var viewer: Dictionary = step.viewer
		_task.move(viewer.get("xM", 0.0), viewer.get("zM", 0.0), viewer.get("velocityX", 0.0), viewer.get("velocityZ", 0.0))
	elif step.has("finish"):
		_task.finish()


func _report() -> Dictionary:
	var line: Dictionary = _tally.account(_case.get("arrivals", false))
	line["case"] = _case.name
	if _task == null:
		line.outcome = "skipped"
		line.message = "%s is no verb of this SDK" % _case.call
		return line
	line.attempts = _task.attempt_count()
	if _error != null:
		_tell_error(line)
		return line
	line.outcome = "ok"
	match _case.call:
		"healthy":
			line.healthy = _task.answer
		"catalog":
			line.parts = _task.answer.size()
			line.names = _names(_task.answer)
		"generator":
			line.parts = 1
			line.names = _names([_task.answer])
		"exploreWorld":
			line.settled = _tally.settled
			line.evicted = _tally.evicted
			line.held = _task.held.size()
		"playFrames":
			line.sha256 = _task.result.sha256
			line.dropped = _tally.dropped()
			line.controls = _tally.controls
		_:
			line.sha256 = _task.result.sha256
			line.handedSha256 = _tally.digest()
	return line


func _names(generators: Array) -> Array:
	var names := []
	for generator in generators:
		names.append(generator.ref.name)
	return names


func _tell_error(line: Dictionary) -> void:
	line.outcome = MadeError.Kind.keys()[_error.kind].to_lower()
	line.message = _error.message
	if _error.is_a(MadeError.Kind.INVALID_REQUEST):
		line.field = _error.field
		line.value = _error.value
		line.allowed = _error.allowed
	if _error.kind == MadeError.Kind.OVERLOADED and _error.retry_after_ms >= 0:
		line.retryAfterMs = _error.retry_after_ms
	if _error.kind == MadeError.Kind.SERVER:
		line.code = Errors.code_name(_error.code)


func _close() -> void:
	_client.cancel_all()
	_client.free()


func _leaks(files_before: int) -> Array:
	var now := Platform.open_file_count()
	return ["%d files or sockets more than before" % (now - files_before)] if now > files_before else []
