extends Reference
## From parts to frames: how a character stands and what it looks like.

const Platform := preload("../platform.gd")

const JOINT_COUNT := 19
const POSE_BYTES := 332
const POSE_TYPE := "application/x-morphogen-pose"


## What "description" says; null if it describes no character.
static func description_of(part: Dictionary):
	var document = Platform.json(part.data.get_string_from_utf8())
	if typeof(document) != TYPE_DICTIONARY:
		return null
	for name in ["joints", "parents", "rest_offset_m"]:
		if typeof(document.get(name)) != TYPE_ARRAY or document[name].size() != JOINT_COUNT:
			return null
	return document


## The frame that a part is; null if it is none.
static func frame_of(part: Dictionary, number: int, control_count: int):
	var items: PoolStringArray = part.media_type.split(";")
	var parameters := {"pose_bytes": 0, "alpha_bytes": 0, "keyframe": 1}
	for index in range(1, items.size()):
		var halves: PoolStringArray = items[index].strip_edges().split("=")
		if halves.size() != 2 or not Platform.is_whole(halves[1]):
			return null
		parameters[halves[0]] = int(halves[1])
	var only_pose: bool = items[0] == POSE_TYPE
	var pose_bytes: int = POSE_BYTES if only_pose else parameters.pose_bytes
	var size: int = part.data.size()
	var alpha_end := size - pose_bytes
	var picture_end: int = alpha_end - parameters.alpha_bytes
	if (pose_bytes != 0 and pose_bytes != POSE_BYTES) or picture_end < 0 or only_pose != (picture_end == 0):
		return null
	var picture = null
	if not only_pose:
		picture = {"media_type": items[0], "data": Platform.sliced(part.data, 0, picture_end)}
	return {
		"number": number,
		"pose": _pose_of(Platform.sliced(part.data, alpha_end, size)) if pose_bytes > 0 else null,
		"picture": picture,
		"alpha": Platform.sliced(part.data, picture_end, alpha_end),
		"keyframe": parameters.keyframe != 0,
		"size_px": part.lod_px,
		"control_count": control_count,
		"sha256": part.sha256,
		"size_bytes": size,
	}


## {root_m: Vector3, rotations: [Quat of each joint], contact: [0 to 1 of ankles and toes]}.
static func _pose_of(data: PoolByteArray) -> Dictionary:
	var reader := StreamPeerBuffer.new()
	reader.data_array = data
	var root_m := Vector3(reader.get_float(), reader.get_float(), reader.get_float())
	var rotations := []
	for _joint in range(JOINT_COUNT):
		var rotation := Quat(reader.get_float(), reader.get_float(), reader.get_float(), reader.get_float())
		rotations.append(rotation.normalized())
	var contact := []
	for _place in range(4):
		contact.append(reader.get_float())
	return {"root_m": root_m, "rotations": rotations, "contact": contact}
