extends RefCounted
## Puts the chunks of parts together, one part after the other.
##
## The checksum is made chunk by chunk, so that a large part stops the game no longer than a small one.

const Errors := preload("errors.gd")
const MadeError := preload("error.gd")

## Largest part that is accepted.
const PART_MAX_BYTES := 256 * 1024 * 1024

## What the name of a part consists of, which becomes a file's: no server gets to write elsewhere than into the folder
## that was named.
const NAME_CHARACTERS := "abcdefghijklmnopqrstuvwxyz0123456789_"
const NAME_MAX_LENGTH := 64

var error: RefCounted = null
var _first: RefCounted = null
var _pieces := []
var _size_bytes := 0
var _hash: HashingContext = null


## Whether a part has begun and is not complete.
func open() -> bool:
	return _first != null


## Take the next chunk. The part that it completes, with the fields of its chunks and its `data`; else null.
func take(chunk: RefCounted) -> Variant:
	if _first == null:
		_begin(chunk)
	var index := _pieces.size()
	var fits: bool = chunk.chunk_index == index and chunk.sequence == _first.sequence and chunk.map == _first.map
	if not fits or chunk.chunk_count != _first.chunk_count or chunk.part_size_bytes != _first.part_size_bytes:
		return _fail("chunk %d came where %d was due" % [chunk.chunk_index, index])
	if _first.part_size_bytes > PART_MAX_BYTES:
		return _fail("%d bytes are more than is accepted" % _first.part_size_bytes)
	if not _is_name(_first.map):
		return _fail("its name is no name of a part")
	_pieces.append(chunk.data)
	_size_bytes += chunk.data.size()
	if chunk.data.size() > 0:
		_hash.update(chunk.data)
	var complete: bool = _pieces.size() >= _first.chunk_count
	if _size_bytes > _first.part_size_bytes or (complete and _size_bytes != _first.part_size_bytes):
		return _fail("%d bytes of %d came" % [_size_bytes, _first.part_size_bytes])
	return _complete(chunk) if complete else null


static func _is_name(map: String) -> bool:
	for index in map.length():
		if NAME_CHARACTERS.find(map[index]) < 0:
			return false
	return map.length() > 0 and map.length() <= NAME_MAX_LENGTH


func _begin(chunk: RefCounted) -> void:
	_first = chunk
	_pieces = []
	_size_bytes = 0
	_hash = HashingContext.new()
	_hash.start(HashingContext.HASH_SHA256)


func _complete(last: RefCounted) -> Variant:
	if _hash.finish() != last.part_sha256:
		error = Errors.of(
			MadeError.Kind.CHECKSUM_MISMATCH,
			"part %d has another SHA-256 than the server announced" % _first.sequence
		)
		return null
	var part := {
		"sequence": _first.sequence,
		"map": _first.map,
		"lod_px": _first.lod_px,
		"media_type": _first.media_type,
		"data": _joined(),
		"control_count": _first.control_count,
		"sha256": last.part_sha256,
	}
	_first = null
	_pieces = []
	return part


func _joined() -> PackedByteArray:
	if _pieces.size() == 1:
		return _pieces[0]
	var whole := StreamPeerBuffer.new()
	whole.resize(_size_bytes)
	for piece in _pieces:
		whole.put_data(piece)
	return whole.data_array


func _fail(what: String) -> Variant:
	error = Errors.broken("part %d: %s" % [_first.sequence, what])
	return null
