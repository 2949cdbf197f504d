extends RefCounted
# What Godot 4 does differently from Godot 3, not only spells differently. `platform3.gd`, in the SDK's sources, has the
# same functions.


# Bytes from `from` up to and without `to`.
static func sliced(data: PackedByteArray, from: int, to: int) -> PackedByteArray:
	return data.slice(from, to)


static func sha256(data: PackedByteArray) -> PackedByteArray:
	var context := HashingContext.new()
	context.start(HashingContext.HASH_SHA256)
	if data.size() > 0:
		context.update(data)
	return context.finish()


static func hex(data: PackedByteArray) -> String:
	return data.hex_encode()


# A connection that opens; null if there is none.
static func connect_http(host: String, port: int, tls: bool) -> HTTPClient:
	var connection := HTTPClient.new()
	connection.read_chunk_size = 131072
	var options: TLSOptions = TLSOptions.client() if tls else null
	return connection if connection.connect_to_host(host, port, options) == OK else null


# The value of a JSON text; null if it is none.
static func json(text: String) -> Variant:
	var parser := JSON.new()
	return parser.data if parser.parse(text) == OK else null


static func json_text(value: Variant) -> String:
	return JSON.stringify(value)


static func is_whole(text: String) -> bool:
	return text.is_valid_int()


# The bytes of a file; empty if it cannot be read.
static func read_file(path: String) -> PackedByteArray:
	return FileAccess.get_file_as_bytes(path)


static func write_file(path: String, data: PackedByteArray) -> int:
	var file := FileAccess.open(path, FileAccess.WRITE)
	if file == null:
		return FileAccess.get_open_error()
	file.store_buffer(data)
	return file.get_error()


static func make_folder(path: String) -> int:
	return DirAccess.make_dir_recursive_absolute(path)
