extends Reference
## Writes messages in protobuf's wire format, fields in the order of their numbers.

const Kind := preload("kind.gd")

# Of kind.gd, again: a script's own constants cost nothing to look up.
const NAME := 0
const KIND := 1
const LABEL := 2
const KEY := 4
const SINGLE := 0
const OPTIONAL := 1
const REPEATED := 2
const PACKED := 3
const DOUBLE := 1
const FLOAT := 2
const BOOL := 8
const STRING := 9
const MESSAGE := 11
const BYTES := 12
const UINT32 := 13
const WIRE_TYPES := [0, 1, 5, 0, 0, 0, 1, 5, 0, 2, 3, 2, 2, 0, 0, 5, 1, 0, 0]

var _peer := StreamPeerBuffer.new()


## The bytes of a message.
func write(message: Reference) -> PoolByteArray:
	var fields: Dictionary = message.fields()
	for tag in fields:
		var field: Array = fields[tag]
		var value = message.get(field[NAME])
		var kind: int = field[KIND]
		var label: int = field[LABEL]
		if label == SINGLE:
			if not _is_zero(kind, value):
				_put_varint(tag)
				_put_value(kind, value)
		elif label == OPTIONAL:
			if value != null:
				_put_varint(tag)
				_put_value(kind, value)
		elif label == REPEATED:
			for each in value:
				_put_varint(tag)
				_put_value(kind, each)
		elif label == PACKED:
			_put_packed(tag, kind, value)
		else:
			for key in value:
				_put_varint(tag)
				_put_bytes(_entry(field, key, value[key]))
	return _peer.data_array


func _put_packed(tag: int, kind: int, values: Array) -> void:
	if values.size() > 0:
		var writer: Reference = _another()
		for value in values:
			writer._put_value(kind, value)
		_put_varint(tag)
		_put_bytes(writer._peer.data_array)


func _entry(field: Array, key, value) -> PoolByteArray:
	var writer: Reference = _another()
	writer._put_varint(8 | WIRE_TYPES[field[KEY]])
	writer._put_value(field[KEY], key)
	writer._put_varint(16 | WIRE_TYPES[field[KIND]])
	writer._put_value(field[KIND], value)
	return writer._peer.data_array


func _put_value(kind: int, value) -> void:
	if kind == UINT32:
		_put_varint(value & 0xFFFFFFFF)
	elif kind == STRING:
		_put_bytes(value.to_utf8())
	elif kind == BYTES:
		_put_bytes(value)
	elif kind == MESSAGE:
		_put_bytes(_another().write(value))
	elif kind == DOUBLE:
		_peer.put_double(value)
	elif kind == FLOAT:
		_peer.put_float(value)
	elif WIRE_TYPES[kind] == Kind.WIRE_FOUR:
		_peer.put_32(Kind.signed32(value))
	elif WIRE_TYPES[kind] == Kind.WIRE_EIGHT:
		_peer.put_64(value)
	else:
		_put_varint(Kind.to_varint(kind, value))


func _put_bytes(data: PoolByteArray) -> void:
	_put_varint(data.size())
	if data.size() > 0:
		_peer.put_data(data)


## Seven bits at a time, the lowest ones first; a negative number has ten bytes.
func _put_varint(value: int) -> void:
	while value < 0 or value > 127:
		_peer.put_u8((value & 127) | 128)
		value = (value >> 7) & 0x01FFFFFFFFFFFFFF
	_peer.put_u8(value)


func _is_zero(kind: int, value) -> bool:
	if kind == STRING:
		return value == ""
	if kind == BYTES:
		return value.size() == 0
	if kind == BOOL:
		return not value
	if kind == DOUBLE or kind == FLOAT:
		return value == 0.0 and atan2(value, -1.0) > 0.0 # -0.0 is not zero on the wire
	return value == 0


func _another() -> Reference:
	return get_script().new()
