tool
class_name MorphogenClient, "res://addons/morphogen/icons/client.svg"
extends Node
## A Morphogen server, by the URL of its web port.
##
## Every verb returns at once; what it returns tells by its signals what comes. Nothing blocks the game: all calls are
## polled once a frame, for at most `budget_ms`.

const Attempts := preload("client/attempts.gd")
const Channel := preload("client/channel.gd")
const Errors := preload("client/errors.gd")
const Readers := preload("client/readers.gd")
const Server := preload("client/server.gd")
const AssetStream := preload("client/asset_stream.gd")
const FrameStream := preload("client/frame_stream.gd")
const UnaryTask := preload("client/unary_task.gd")
const WorldStream := preload("client/world_stream.gd")
const CatalogPb := preload("protos/catalog_pb.gd")
const CharacterPb := preload("protos/character_pb.gd")
const DiagnosticsPb := preload("protos/diagnostics_pb.gd")
const ScenePb := preload("protos/scene_pb.gd")
const TexturePb := preload("protos/texture_pb.gd")
const WorldPb := preload("protos/world_pb.gd")
const HealthTask := preload("client/health_task.gd")

const CREDIT_MAX := 63

## Where the server is, e.g. "https://assets.example:8080".
export(String) var url: String = "http://127.0.0.1:8080"
## Sent with every call; needs https, except to this machine.
export(String) var token: String = ""
## Time that a call may take, its retries included; 0: no limit. Explorations and frames have none of their own.
export(int) var timeout_ms: int = 300000
## Time that all calls together may take of one frame.
export(float) var budget_ms: float = 4.0
## When failed calls are tried again: `attempts`, `first_delay_ms`, `longest_delay_ms`.
var retry := {}
var _tasks := []
var _server: Reference = null
var _server_of := ""


## Make a material. Updates: {lod_px, final, maps: name -> {media_type, data}}, one for each level of detail.
func generate_texture(request: Dictionary, within_ms: int = -1) -> Reference:
	var service: Reference = TexturePb.TextureService.new(_channel())
	var message: Reference = TexturePb.GenerateTextureRequest.new()
	return _stream(service, "generate_texture", message, request, Readers.TextureReader.new(), within_ms)


## Make a level. Updates: {kind: "refinement", rows, document} for its steps, {kind: "file", name, file} for its files.
func generate_level(request: Dictionary = {}, within_ms: int = -1) -> Reference:
	var service: Reference = ScenePb.SceneService.new(_channel())
	var message: Reference = ScenePb.GenerateLevelRequest.new()
	return _stream(service, "generate_level", message, request, Readers.LevelReader.new(), within_ms)


## Make a scene. Updates: {name, file: {media_type, data}, sequence, part_count}; "scene" is all of it, binary glTF.
func generate_scene(request: Dictionary = {}, within_ms: int = -1) -> Reference:
	var service: Reference = ScenePb.SceneService.new(_channel())
	var message: Reference = ScenePb.GenerateSceneRequest.new()
	return _stream(service, "generate_scene", message, request, Readers.FilesReader.new(), within_ms)


## What is needed once to show any part of a world. Updates as those of scenes.
func generate_world(request: Dictionary = {}, within_ms: int = -1) -> Reference:
	var service: Reference = WorldPb.WorldService.new(_channel())
	var message: Reference = WorldPb.GenerateWorldRequest.new()
	return _stream(service, "generate_world", message, request, Readers.FilesReader.new(), within_ms)


## Make one chunk of a world. Updates as those of scenes.
func generate_chunk(request: Dictionary, within_ms: int = -1) -> Reference:
	var service: Reference = WorldPb.WorldService.new(_channel())
	var message: Reference = WorldPb.GenerateChunkRequest.new()
	return _stream(service, "generate_chunk", message, request, Readers.FilesReader.new(), within_ms)


## Make a character: "description" (JSON), "character" (binary glTF), "preview" (PNG). Updates as those of scenes.
func generate_character(request: Dictionary = {}, within_ms: int = -1) -> Reference:
	var service: Reference = CharacterPb.CharacterService.new(_channel())
	var message: Reference = CharacterPb.GenerateCharacterRequest.new()
	return _stream(service, "generate_character", message, request, Readers.FilesReader.new(), within_ms)


## Synthetic parts of a given size, count and step time: measures the path. Updates as those of scenes.
func probe(request: Dictionary, within_ms: int = -1) -> Reference:
	var service: Reference = DiagnosticsPb.DiagnosticsService.new(_channel())
	var message: Reference = DiagnosticsPb.StreamProbeRequest.new()
	return _stream(service, "stream_probe", message, request, Readers.FilesReader.new(), within_ms)


## Walk through a world: chunks around a viewer that you `move` meanwhile. `start` has the fields of ExploreStart.
func explore_world(start: Dictionary = {}, within_ms: int = 0) -> Reference:
	var message: Reference = WorldPb.ExploreStart.new()
	var problem := message_problem(message, start)
	var stream: Reference = WorldStream.new()
	if problem == null:
		stream.begin(WorldPb.WorldService.new(_channel()), message)
	return _started(stream, within_ms, problem)


## Move a character: poses, pictures or both, frame by frame, and `control` it meanwhile. `stream` has the fields of
## FrameStream. A live game wants a `credit` of 1 or 2 frames.
func play_frames(stream: Dictionary, credit: int = 4, options: Dictionary = {}, within_ms: int = 0) -> Reference:
	var message: Reference = CharacterPb.PlayFramesRequest.new()
	var problem := message_problem(message, {"stream": stream, "options": options})
	if credit < 1 or credit > CREDIT_MAX:
		problem = Errors.invalid("credit", str(credit), "1 to %d frames" % CREDIT_MAX)
	var frames: Reference = FrameStream.new()
	if problem == null:
		frames.begin(CharacterPb.CharacterService.new(_channel()), message, credit)
	return _started(frames, within_ms, problem)


## Say which textures will probably be asked for, the most urgent one last. The answer: their asset ids.
func prefetch(requests: Array, within_ms: int = -1) -> Reference:
	var service: Reference = TexturePb.TextureService.new(_channel())
	var message: Reference = TexturePb.PrefetchTexturesRequest.new()
	return _unary(service, "prefetch_textures", message, {"requests": requests}, "asset_ids", within_ms)


## What the server can make, with ranges; of one kind, or of all. The answer: an array of Generator.
func catalog(asset_kind: String = "", within_ms: int = -1) -> Reference:
	var service: Reference = CatalogPb.CatalogService.new(_channel())
	var message: Reference = CatalogPb.ListGeneratorsRequest.new()
	return _unary(service, "list_generators", message, {"asset_kind": asset_kind}, "generators", within_ms)


## One generator with its model card. Fails with NOT_FOUND.
func generator(generator_name: String, within_ms: int = -1) -> Reference:
	var service: Reference = CatalogPb.CatalogService.new(_channel())
	var message: Reference = CatalogPb.GetGeneratorRequest.new()
	return _unary(service, "get_generator", message, {"name": generator_name}, "generator", within_ms)


## Whether the server can be reached and can make assets now. The answer: true or false; never fails.
func healthy() -> Reference:
	var task: Reference = HealthTask.new()
	task.begin(_reached())
	return _started(task, HealthTask.TIMEOUT_MS, null)


## How many calls go on.
func task_count() -> int:
	var count := 0
	for task in _tasks:
		count += 0 if task.done else 1
	return count


## Leave all calls, and close all connections.
func cancel_all() -> void:
	for task in _tasks.duplicate():
		task.cancel()
	_tasks.clear()
	if _server != null:
		_server.close()


## Go on with all calls, for at most `for_ms`. The client does that by itself once a frame.
func poll(for_ms: float) -> void:
	var until_us := OS.get_ticks_usec() + int(for_ms * 1000.0)
	var busy := true
	while busy:
		busy = false
		for task in _tasks.duplicate():
			busy = task.poll() or busy
			if task.done:
				_tasks.erase(task)
			if OS.get_ticks_usec() >= until_us:
				_rotate()
				return


## What of a dictionary is no request, as an error; null: nothing.
func message_problem(message: Reference, fields: Dictionary) -> Reference:
	var problem: Dictionary = message.fill(fields)
	return null if problem.size() == 0 else Errors.invalid(problem.field, problem.value, problem.allowed)


func _process(_delta: float) -> void:
	if _tasks.size() > 0:
		poll(budget_ms)


func _exit_tree() -> void:
	cancel_all()


## Let another task be the first one next time.
func _rotate() -> void:
	if _tasks.size() > 1:
		_tasks.append(_tasks.pop_front())


func _reached() -> Reference:
	var known := url + " " + token
	if _server == null or _server_of != known:
		_server = Server.new()
		_server.configure(url, token)
		_server_of = known
	return _server


func _channel() -> Reference:
	return Channel.new(_reached())


func _stream(
	service: Reference,
	method: String,
	message: Reference,
	fields: Dictionary,
	reader: Reference,
	within_ms: int
) -> Reference:
	var stream: Reference = AssetStream.new()
	var problem := message_problem(message, fields)
	if problem == null:
		stream.begin(service, method, message, reader)
	return _started(stream, within_ms, problem)


func _unary(
	service: Reference,
	method: String,
	message: Reference,
	fields: Dictionary,
	field: String,
	within_ms: int
) -> Reference:
	var task: Reference = UnaryTask.new()
	task.begin(service, method, message, field)
	return _started(task, within_ms, message_problem(message, fields))


## Begin a task; one that cannot begin fails in the next frame, when its caller has connected its signals.
func _started(task: Reference, within_ms: int, problem: Reference) -> Reference:
	if problem == null:
		problem = _reached().error
	task.start(timeout_ms if within_ms < 0 else within_ms, retry, problem)
	_tasks.append(task)
	return task
