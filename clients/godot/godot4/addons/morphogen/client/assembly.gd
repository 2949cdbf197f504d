extends RefCounted
## From the messages of one stream to checked parts: order, sizes and SHA-256. No network, no clock.
##
## Whatever does not follow the protocol is refused, by `error`, before anybody sees a byte of the part concerned.

const Errors := preload("errors.gd")
const MadeError := preload("error.gd")
const PartAssembly := preload("part_assembly.gd")
const Platform := preload("../platform.gd")

var header: RefCounted = null
var trailer: RefCounted = null
var error: RefCounted = null
## Continues the stream behind the last part that came; empty if it cannot be continued.
var resume_token := PackedByteArray()
## Whether numbers of parts may be missing: live delivery.
var gaps := false
var _parts: RefCounted = PartAssembly.new()
var _expects_header := true
var _next_sequence := 0
var _part_count := 0
var _digest := PackedByteArray()
var _knows_digest := true


## A new attempt begins: its header comes first, and what was incomplete is forgotten.
func restart() -> void:
	_parts = PartAssembly.new()
	_expects_header = true


## Take the next message of a generating stream. The part that it completes, as a dictionary, or null.
func receive(message: RefCounted) -> Variant:
	var payload: String = message.which("payload")
	if trailer != null or (payload == "header") != _expects_header:
		error = Errors.broken("the stream sent %s where something else was due" % payload)
	elif payload == "header":
		_take_header(message.header)
	elif payload == "part":
		return _take_chunk(message.part)
	elif payload == "trailer":
		_take_trailer(message.trailer)
	return null # nothing, too, is a message of a later version


func _take_header(next: RefCounted) -> void:
	_expects_header = false
	if header == null:
		_next_sequence = next.first_sequence
		_part_count = next.first_sequence
		_knows_digest = next.first_sequence == 0
		_digest.resize(32)
		for index in range(32):
			_digest[index] = 0
		header = next
	elif next.asset_id != header.asset_id or next.first_sequence != _next_sequence:
		error = Errors.broken("the stream goes on at part %d of another asset" % next.first_sequence)


func _take_chunk(chunk: RefCounted) -> Variant:
	var fits: bool = chunk.sequence == _next_sequence or (gaps and chunk.sequence > _next_sequence and not _parts.open())
	if not fits:
		error = Errors.broken("the stream sent part %d where part %d was due" % [chunk.sequence, _next_sequence])
		return null
	_next_sequence = chunk.sequence
	var part: Variant = _parts.take(chunk)
	error = _parts.error
	if part == null:
		return null
	_next_sequence += 1
	_part_count += 1
	resume_token = chunk.resume_token
	if _knows_digest:
		_digest.append_array(chunk.part_sha256)
		_digest = Platform.sha256(_digest)
	return part


func _take_trailer(last: RefCounted) -> void:
	# Of what lay before a stored token there may be gaps, too.
	var knows_count := _knows_digest or not gaps
	if _parts.open() or (knows_count and last.part_count != _part_count):
		error = Errors.broken("the trailer counts %d parts, %d came" % [last.part_count, _part_count])
	elif not gaps and _next_sequence != header.part_count:
		error = Errors.broken("%d parts were announced, %d came" % [header.part_count, _next_sequence])
	elif _knows_digest and _digest != last.sha256:
		error = Errors.of(MadeError.Kind.CHECKSUM_MISMATCH, "the stream has another digest than its trailer says")
	else:
		trailer = last
