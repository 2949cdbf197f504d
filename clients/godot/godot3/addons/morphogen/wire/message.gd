extends Reference
## What all generated messages share.
##
## A message's fields are its members. Members that are null are absent; others cannot be, and zero is not sent.
## 64-bit numbers without sign are GDScript's 64-bit numbers: from 2^63 on they are negative.

const Reader := preload("reader.gd")
const Writer := preload("writer.gd")
const Filling := preload("filling.gd")
const Kind := preload("kind.gd")


## By tag (number and wire type): [name, kind, label, oneof], as `kind.gd` says; of maps also the kind of the keys.
func fields() -> Dictionary:
	return {}


## A new message for the field of that tag.
func new_message(_tag: int) -> Reference:
	return null


## The enum of the field of that tag: name -> value.
func enum_of(_tag: int) -> Dictionary:
	return {}


## The bytes that stand for it on the wire.
func encode() -> PoolByteArray:
	return Writer.new().write(self)


## Read it from bytes, on top of what it holds. ERR_PARSE_ERROR if they are no such message; then it must not be used.
func decode(data: PoolByteArray) -> int:
	var reader: Reference = Reader.new()
	reader.read(self, data)
	return OK if reader.failure == "" else ERR_PARSE_ERROR


## Set fields by their names in the protos, nested ones as dictionaries, enums by name or number. What does not fit is
## told by `field`, `value` and `allowed`; an empty dictionary: everything fits.
func fill(values: Dictionary) -> Dictionary:
	return Filling.new().fill(self, values)


## Name of the member of a oneof that is there; empty: none is.
func which(oneof: String) -> String:
	var table := fields()
	for tag in table:
		if table[tag][Kind.ONEOF] == oneof and get(table[tag][Kind.NAME]) != null:
			return table[tag][Kind.NAME]
	return ""


## Make room for one member of a oneof: no other one stays.
func clear_others(field: Array) -> void:
	var table := fields()
	for tag in table:
		var other: Array = table[tag]
		if other[Kind.ONEOF] == field[Kind.ONEOF] and other[Kind.NAME] != field[Kind.NAME]:
			set(other[Kind.NAME], null)
