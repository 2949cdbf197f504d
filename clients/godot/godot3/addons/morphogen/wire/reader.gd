extends Reference
## Reads protobuf's wire format into messages. Whatever the bytes are, it ends, and takes memory in proportion to them.
##
## The first thing that is wrong is kept in `failure`; what is read afterwards means nothing.

const Kind := preload("kind.gd")

## Messages within messages, as deep as protobuf's own readers go.
const DEPTH_MAX := 100
## Messages within one: bounds what a few bytes each could ask for.
const MESSAGES_MAX := 20000

# Of kind.gd, again: a script's own constants cost nothing to look up.
const NAME := 0
const KIND := 1
const LABEL := 2
const ONEOF := 3
const KEY := 4
const SINGLE := 0
const OPTIONAL := 1
const MAP := 4
const DOUBLE := 1
const FLOAT := 2
const STRING := 9
const MESSAGE := 11
const BYTES := 12
const UINT32 := 13
const SFIXED32 := 15
const WIRE_TYPES := [0, 1, 5, 0, 0, 0, 1, 5, 0, 2, 3, 2, 2, 0, 0, 5, 1, 0, 0]

## What is wrong; empty: nothing.
var failure := ""
var _peer := StreamPeerBuffer.new()
var _end := 0
var _messages := 0


## Read a whole message from bytes, on top of what it holds already.
func read(message: Reference, data: PoolByteArray) -> void:
	_peer.data_array = data
	_read_message(message, data.size(), 0)


func _read_message(message: Reference, end: int, depth: int) -> void:
	_messages += 1
	if depth > DEPTH_MAX or _messages > MESSAGES_MAX:
		_fail("too many messages within each other" if depth > DEPTH_MAX else "too many messages")
		return
	var outer_end := _end
	_end = end
	var fields: Dictionary = message.fields()
	while failure == "" and _peer.get_position() < end:
		var tag := _varint()
		var field = fields.get(tag)
		if field == null:
			_read_unlisted(message, fields, tag & 0xFFFFFFFF, depth)
		elif field[LABEL] == SINGLE:
			message.set(field[NAME], _value(message, tag, field[KIND], null, depth))
		elif field[LABEL] == OPTIONAL:
			if field[ONEOF] != "":
				message.clear_others(field)
			message.set(field[NAME], _value(message, tag, field[KIND], message.get(field[NAME]), depth))
		elif field[LABEL] == MAP:
			_read_entry(message, tag, field, depth)
		elif (tag & 7) == WIRE_TYPES[field[KIND]]:
			message.get(field[NAME]).append(_value(message, tag, field[KIND], null, depth))
		else:
			_read_packed(message.get(field[NAME]), field[KIND])
	if failure == "" and _peer.get_position() != end:
		_fail("a message ends within a field")
	_end = outer_end


## A field in a form that its table does not have: repeated numbers may come packed or not, however they are declared,
## and what nobody knows is left out.
func _read_unlisted(message: Reference, fields: Dictionary, tag: int, depth: int) -> void:
	var wire_type := tag & 7
	if tag >> 3 == 0:
		_fail("a field has no number")
		return
	if wire_type == Kind.WIRE_BYTES:
		for other in [Kind.WIRE_VARINT, Kind.WIRE_EIGHT, Kind.WIRE_FOUR]:
			var unpacked = fields.get(tag - wire_type + other)
			if unpacked != null and unpacked[LABEL] == Kind.REPEATED:
				_read_packed(message.get(unpacked[NAME]), unpacked[KIND])
				return
	var packed = fields.get(tag - wire_type + Kind.WIRE_BYTES)
	if packed != null and packed[LABEL] == Kind.PACKED and wire_type == WIRE_TYPES[packed[KIND]]:
		message.get(packed[NAME]).append(_number(packed[KIND]))
		return
	_skip(tag, depth)


func _read_packed(values: Array, kind: int) -> void:
	var size := _size()
	var outer_end := _end
	_end = _peer.get_position() + size
	while failure == "" and _peer.get_position() < _end:
		values.append(_number(kind)) # arrays and dictionaries are shared, so this fills the message's own one
	_end = outer_end


func _read_entry(message: Reference, tag: int, field: Array, depth: int) -> void:
	var kind: int = field[KIND]
	var key_kind: int = field[KEY]
	var size := _size()
	var outer_end := _end
	_end = _peer.get_position() + size
	var key = Kind.zero(key_kind)
	var value = null
	while failure == "" and _peer.get_position() < _end:
		var inner_tag := _varint() & 0xFFFFFFFF
		if inner_tag == (8 | WIRE_TYPES[key_kind]):
			key = _value(message, tag, key_kind, null, depth)
		elif inner_tag == (16 | WIRE_TYPES[kind]):
			value = _value(message, tag, kind, value, depth + 1)
		else:
			_skip(inner_tag, depth)
	if failure == "" and _peer.get_position() != _end:
		_fail("an entry ends within a field")
	_end = outer_end
	if value == null:
		value = message.new_message(tag) if kind == MESSAGE else Kind.zero(kind)
	message.get(field[NAME])[key] = value


## One value; a message that is there already is read on top of.
func _value(message: Reference, tag: int, kind: int, present, depth: int):
	if kind == UINT32:
		return _varint() & 0xFFFFFFFF
	if kind == STRING:
		var text_size := _size()
		return _peer.get_utf8_string(text_size) if text_size > 0 else ""
	if kind == BYTES:
		var size := _size()
		return _peer.get_data(size)[1] if size > 0 else PoolByteArray()
	if kind == MESSAGE:
		var held: Reference = message.new_message(tag) if present == null else present
		var message_size := _size()
		_read_message(held, _peer.get_position() + message_size, depth + 1)
		return held
	return _number(kind)


func _number(kind: int):
	var wire_type: int = WIRE_TYPES[kind]
	if wire_type == Kind.WIRE_VARINT:
		return Kind.from_varint(kind, _varint())
	if wire_type == Kind.WIRE_FOUR:
		if not _has(4):
			return 0
		if kind == FLOAT:
			return _peer.get_float()
		return _peer.get_32() if kind == SFIXED32 else _peer.get_u32()
	if not _has(8):
		return 0
	return _peer.get_double() if kind == DOUBLE else _peer.get_64()


func _varint() -> int:
	if _peer.get_position() < _end:
		var byte := _peer.get_u8()
		if byte < 128:
			return byte
		var value := byte & 127
		var shift := 7
		while shift < 70 and _peer.get_position() < _end:
			byte = _peer.get_u8()
			value |= (byte & 127) << shift
			if byte < 128:
				return value
			shift += 7
		if shift >= 70:
			_fail("a number is too long")
			return 0
	_fail("a number is cut off")
	return 0


## The size of what follows; 0 if there is not so much.
func _size() -> int:
	var size := _varint()
	return size if _has(size) else 0


func _has(size: int) -> bool:
	if size < 0 or size > _end - _peer.get_position():
		_fail("a value is cut off")
	return failure == ""


## Go past a field that nobody knows.
func _skip(tag: int, depth: int) -> void:
	var wire_type := tag & 7
	if wire_type == Kind.WIRE_VARINT:
		_varint()
	elif wire_type == Kind.WIRE_EIGHT:
		_seek_past(8)
	elif wire_type == Kind.WIRE_BYTES:
		_seek_past(_size())
	elif wire_type == Kind.WIRE_FOUR:
		_seek_past(4)
	elif wire_type == Kind.WIRE_GROUP:
		_skip_group(tag - Kind.WIRE_GROUP + Kind.WIRE_GROUP_END, depth + 1)
	else:
		_fail("a field has no known form")


func _skip_group(end_tag: int, depth: int) -> void:
	if depth > DEPTH_MAX:
		_fail("too many groups within each other")
	while failure == "":
		var tag := _varint() & 0xFFFFFFFF
		if tag == end_tag:
			return
		if tag >> 3 == 0:
			_fail("a field has no number")
		else:
			_skip(tag, depth)


func _seek_past(size: int) -> void:
	if _has(size):
		_peer.seek(_peer.get_position() + size)


func _fail(what: String) -> void:
	if failure == "":
		failure = "%s at byte %d" % [what, _peer.get_position()]
