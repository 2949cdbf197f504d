extends Reference
## What generated tables say about a field: [name, kind, label, oneof], and for maps the kind of their keys.

const NAME := 0
const KIND := 1
const LABEL := 2
const ONEOF := 3
const KEY := 4

# Kinds. Their numbers are those of google.protobuf.FieldDescriptorProto.Type.
const DOUBLE := 1
const FLOAT := 2
const INT64 := 3
const UINT64 := 4
const INT32 := 5
const FIXED64 := 6
const FIXED32 := 7
const BOOL := 8
const STRING := 9
const MESSAGE := 11
const BYTES := 12
const UINT32 := 13
const ENUM := 14
const SFIXED32 := 15
const SFIXED64 := 16
const SINT32 := 17
const SINT64 := 18

# Labels. Of a single value zero is not written; of an optional one null is not.
const SINGLE := 0
const OPTIONAL := 1
const REPEATED := 2
const PACKED := 3
const MAP := 4

# How values come.
const WIRE_VARINT := 0
const WIRE_EIGHT := 1
const WIRE_BYTES := 2
const WIRE_GROUP := 3
const WIRE_GROUP_END := 4
const WIRE_FOUR := 5

## By kind.
const WIRE_TYPES := [0, 1, 5, 0, 0, 0, 1, 5, 0, 2, 3, 2, 2, 0, 0, 5, 1, 0, 0]


## The value of a field that is not there.
static func zero(kind: int):
	match kind:
		DOUBLE, FLOAT:
			return 0.0
		BOOL:
			return false
		STRING:
			return ""
		BYTES:
			return PoolByteArray()
		MESSAGE:
			return null
	return 0


## What 64 bits from the wire mean.
static func from_varint(kind: int, value: int):
	match kind:
		UINT32:
			return value & 0xFFFFFFFF
		INT32, ENUM:
			return signed32(value)
		BOOL:
			return value != 0
		SINT32:
			value &= 0xFFFFFFFF
			return (value >> 1) ^ -(value & 1)
		SINT64:
			return ((value >> 1) & 0x7FFFFFFFFFFFFFFF) ^ -(value & 1)
	return value


## The bits that stand for a value on the wire.
static func to_varint(kind: int, value) -> int:
	match kind:
		UINT32:
			return value & 0xFFFFFFFF
		INT32, ENUM:
			return signed32(value)
		BOOL:
			return 1 if value else 0
		SINT32:
			return ((value << 1) ^ (value >> 31)) & 0xFFFFFFFF
		SINT64:
			return (value << 1) ^ (value >> 63)
	return value


## The lower 32 bits, as a number with a sign.
static func signed32(value: int) -> int:
	value &= 0xFFFFFFFF
	return value - 0x100000000 if value > 0x7FFFFFFF else value
