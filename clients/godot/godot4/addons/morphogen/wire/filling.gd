extends RefCounted
## Fills messages from dictionaries, as games write them and as JSON documents have them.
##
## Names of fields may be as in the protos or in camel case, enums names or numbers, bytes as they are or in base64.

const Kind := preload("kind.gd")

var _problem := {}


## See `fill` of message.gd.
func fill(message: RefCounted, values: Dictionary, path: String = "") -> Dictionary:
	var tags := {}
	var fields: Dictionary = message.fields()
	for tag in fields:
		tags[fields[tag][Kind.NAME].rstrip("_")] = tag
	for key in values:
		var name := _snake_case(str(key))
		if not tags.has(name):
			_tell(path + str(key), values[key], "no such field, only " + _listed(tags))
		else:
			_set_field(message, tags[name], values[key], path + name)
		if _problem.size() > 0:
			break
	return _problem


func _set_field(message: RefCounted, tag: int, value: Variant, path: String) -> void:
	var field: Array = message.fields()[tag]
	var name: String = field[Kind.NAME]
	match field[Kind.LABEL]:
		Kind.REPEATED, Kind.PACKED:
			if typeof(value) < TYPE_ARRAY:
				_tell(path, value, "an array")
				return
			var index := 0
			for each in value:
				message.get(name).append(_value(message, tag, field[Kind.KIND], each, "%s[%d]" % [path, index]))
				index += 1
		Kind.MAP:
			if typeof(value) != TYPE_DICTIONARY:
				_tell(path, value, "a dictionary")
				return
			for key in value:
				var place := "%s[%s]" % [path, str(key)]
				var own_key: Variant = _value(message, tag, field[Kind.KEY], key, place)
				message.get(name)[own_key] = _value(message, tag, field[Kind.KIND], value[key], place)
		_:
			if field[Kind.ONEOF] != "":
				message.clear_others(field)
			message.set(name, _value(message, tag, field[Kind.KIND], value, path))


## The value as its member holds it; what stands for its absence if it does not fit.
func _value(message: RefCounted, tag: int, kind: int, value: Variant, path: String) -> Variant:
	var given := typeof(value)
	match kind:
		Kind.MESSAGE:
			return _message(message.new_message(tag), value, path)
		Kind.STRING:
			if given == TYPE_STRING:
				return value
			_tell(path, value, "text")
		Kind.BYTES:
			if given == TYPE_PACKED_BYTE_ARRAY:
				return value
			if given == TYPE_STRING:
				return Marshalls.base64_to_raw(value) if value != "" else PackedByteArray()
			_tell(path, value, "bytes")
		Kind.ENUM:
			return _enum_value(message.enum_of(tag), value, path)
		_:
			return _number(kind, value, path)
	return Kind.zero(kind)


func _number(kind: int, value: Variant, path: String) -> Variant:
	var given := typeof(value)
	match kind:
		Kind.BOOL:
			if given == TYPE_BOOL:
				return value
			_tell(path, value, "true or false")
		Kind.DOUBLE, Kind.FLOAT:
			if given == TYPE_FLOAT or given == TYPE_INT:
				return float(value)
			_tell(path, value, "a number")
		_:
			return _integer(kind, value, path)
	return Kind.zero(kind)


func _message(held: RefCounted, value: Variant, path: String) -> RefCounted:
	if typeof(value) == TYPE_DICTIONARY:
		fill(held, value, path + ".")
	elif typeof(value) == TYPE_OBJECT and value != null and value.get_script() == held.get_script():
		return value
	else:
		_tell(path, value, "a dictionary of its fields")
	return held


func _enum_value(names: Dictionary, value: Variant, path: String) -> int:
	if typeof(value) != TYPE_STRING:
		return _integer(Kind.ENUM, value, path)
	if not names.has(value):
		_tell(path, value, "one of " + _listed(names))
	return names.get(value, 0)


func _integer(kind: int, value: Variant, path: String) -> int:
	var given := typeof(value)
	if given != TYPE_INT and not (given == TYPE_FLOAT and value == floor(value)):
		_tell(path, value, "a whole number")
		return 0
	var number := int(value)
	match kind:
		Kind.UINT32, Kind.FIXED32:
			_check_range(path, number, 0, 4294967295)
		Kind.INT32, Kind.SINT32, Kind.SFIXED32, Kind.ENUM:
			_check_range(path, number, -2147483648, 2147483647)
	return number


func _check_range(path: String, number: int, smallest: int, largest: int) -> void:
	if number < smallest or number > largest:
		_tell(path, number, "%d to %d" % [smallest, largest])


func _tell(path: String, value: Variant, allowed: String) -> void:
	if _problem.size() == 0:
		_problem = {"field": path, "value": str(value), "allowed": allowed}


## "sizePx" as "size_px"; what is in snake case stays.
func _snake_case(name: String) -> String:
	var words := ""
	for index in range(name.length()):
		var letter := name.substr(index, 1)
		words += letter if letter == letter.to_lower() else "_" + letter.to_lower()
	return words


func _listed(names: Dictionary) -> String:
	var text := ""
	for name in names:
		text += name if text == "" else ", " + name
	return text
