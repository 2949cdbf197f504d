class_name MorphogenCharacter, "res://addons/morphogen/icons/character.svg"
extends Spatial
## A character that moves as it is told: its model follows a stream of poses, or `texture` shows a stream of pictures.

## The character moves.
signal started(description)
## A frame is shown; `number` counts from 0, `control_count` tells which controls it shows.
signal frame_shown(number, control_count)
## The stream has ended, as its `frame_count` says.
signal finished(result)
## `error` is a MorphogenError.
signal failed(error)

const BinaryGltf := preload("formats/binary_gltf.gd")
const Pictures := preload("formats/pictures.gd")
const Platform := preload("platform.gd")
const Workshop := preload("formats/workshop.gd")

## The MorphogenClient.
export(NodePath) var client: NodePath
export(int) var random_seed: int = 0
## "poses" move the model; "pictures" fill `texture`.
export(String, "poses", "pictures") var show_as: String = "poses"
## 24, 30, 60, 72 or 90.
export(int) var rate_hz: int = 60
## Of pictures: 128 or 256.
export(int) var size_px: int = 256
## Frames that may be on their way: the fewer, the sooner a control shows.
export(int) var credit: int = 2
export(bool) var autostart: bool = true
## Further fields of CharacterIdentity, e.g. {"kind": "goblin", "sliders": {"height": 0.9}}.
var identity := {}
## Further fields of FrameStream, e.g. {"frame_count": 600, "delivery": "DELIVERY_LOSSLESS"}.
var stream_fields := {}
## The newest picture.
var texture: ImageTexture = ImageTexture.new()
## The bones, which poses move; null before `started`, and for pictures.
var skeleton: Skeleton = null
var _frames: Reference = null
var _model: Reference = null
var _workshop: Reference = null
var _gltf: Reference = null
var _offsets := []
var _newest = null
var _pending_control := {}


## Begin, or begin anew.
func play() -> void:
	stop()
	set_process(true)
	if show_as == "poses":
		_workshop = Workshop.new()
		_workshop.open()
		_model = get_node(client).generate_character({"identity": _who(), "clips": ["idle"], "preview_px": 64})
		_model.connect("finished", self, "_on_model")
		_model.connect("failed", self, "_on_failed")
	else:
		_open_frames()


## End it; what is shown stays.
func stop() -> void:
	set_process(false)
	for task in [_frames, _model]:
		if task != null and not task.done:
			task.disconnect("failed", self, "_on_failed")
			task.cancel()
	_frames = null
	_model = null
	_newest = null
	if _workshop != null:
		_workshop.close()
		_workshop = null


## Tell the character something, by the fields of CharacterControl: {"speed_mps": 1.4, "heading_deg": 90.0}. It shows in
## the next frame that is made.
func control(fields: Dictionary) -> void:
	if _frames != null:
		_frames.control(fields)
	else:
		for name in fields:
			_pending_control[name] = fields[name]


func _ready() -> void:
	set_process(false)
	if autostart:
		play()


func _exit_tree() -> void:
	stop()


func _who() -> Dictionary:
	var who := identity.duplicate(true)
	who.seed = random_seed
	return who


func _open_frames() -> void:
	var stream := {"delivery": "DELIVERY_LIVE", "rate_hz": rate_hz}
	if show_as == "poses":
		stream.poses = true
	else:
		stream.format = "FRAME_FORMAT_WEBP"
		stream.size_px = size_px
		stream.renderer = "FRAME_RENDERER_NETWORK"
	for name in stream_fields:
		stream[name] = stream_fields[name]
	stream.identity = _who()
	_frames = get_node(client).play_frames(stream, credit)
	_frames.connect("described", self, "_on_described")
	_frames.connect("frame_received", self, "_on_frame")
	_frames.connect("finished", self, "_on_finished")
	_frames.connect("failed", self, "_on_failed")
	if _pending_control.size() > 0:
		_frames.control(_pending_control)
		_pending_control = {}


func _process(_delta: float) -> void:
	if _workshop != null:
		for made in _workshop.take_finished():
			_show_model(made[1])
	if _newest != null:
		var frame: Dictionary = _newest
		_newest = null
		_show_frame(frame)


func _on_model(result: Dictionary) -> void:
	_gltf = BinaryGltf.new()
	_workshop.ask("model", self, "read_model", [result.files.character.data])


## For the workshop: the model's surfaces.
func read_model(data: PoolByteArray) -> Array:
	return _gltf.surfaces(0) if _gltf.open(data) else []


func _show_model(surfaces: Array) -> void:
	if skeleton != null:
		skeleton.queue_free()
	skeleton = Skeleton.new()
	add_child(skeleton)
	var bones: Dictionary = _gltf.skin()
	_offsets = bones.offsets
	var binds := Skin.new()
	for index in range(bones.names.size()):
		skeleton.add_bone(bones.names[index])
		if bones.parents[index] >= 0:
			skeleton.set_bone_parent(index, bones.parents[index])
		skeleton.set_bone_rest(index, Transform(Basis(), _offsets[index]))
		binds.add_bind(index, bones.binds[index])
	var shown := MeshInstance.new()
	shown.mesh = _gltf.mesh_of(surfaces)
	skeleton.add_child(shown)
	shown.skin = binds
	shown.skeleton = NodePath("..")
	_open_frames()


func _on_described(description: Dictionary) -> void:
	emit_signal("started", description)


func _on_frame(frame: Dictionary) -> void:
	_newest = frame # of several in one frame of the game only the newest is shown


func _show_frame(frame: Dictionary) -> void:
	if frame.picture != null:
		var image: Image = Pictures.image_of(frame.picture)
		if image != null:
			Platform.update_texture(texture, image)
	if frame.pose != null and skeleton != null:
		_pose(frame.pose)
	emit_signal("frame_shown", frame.number, frame.control_count)


func _pose(pose: Dictionary) -> void:
	for bone in range(skeleton.get_bone_count()):
		var offset: Vector3 = pose.root_m if bone == 0 else _offsets[bone]
		Platform.pose_bone(skeleton, bone, offset, pose.rotations[bone])


func _on_finished(result: Dictionary) -> void:
	emit_signal("finished", result)


func _on_failed(error: Reference) -> void:
	emit_signal("failed", error)
