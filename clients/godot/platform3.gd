extends Reference
# What Godot 3 does differently, not only spells differently. `platform.gd` of Godot 4 has the same functions.


# Bytes from `from` up to and without `to`.
static func sliced(data: PoolByteArray, from: int, to: int) -> PoolByteArray:
	return data.subarray(from, to - 1) if to > from else PoolByteArray()


static func sha256(data: PoolByteArray) -> PoolByteArray:
	var context := HashingContext.new()
	context.start(HashingContext.HASH_SHA256)
	if data.size() > 0:
		context.update(data)
	return context.finish()


static func hex(data: PoolByteArray) -> String:
	return data.hex_encode()


# A connection that opens; null if there is none.
static func connect_http(host: String, port: int, tls: bool) -> HTTPClient:
	var connection := HTTPClient.new()
	connection.read_chunk_size = 131072
	return connection if connection.connect_to_host(host, port, tls, true) == OK else null


# The value of a JSON text; null if it is none.
static func json(text: String):
	var parsed := JSON.parse(text)
	return parsed.result if parsed.error == OK else null


static func json_text(value) -> String:
	return JSON.print(value)


static func is_whole(text: String) -> bool:
	return text.is_valid_integer()


# The bytes of a file; empty if it cannot be read.
static func read_file(path: String) -> PoolByteArray:
	var file := File.new()
	if file.open(path, File.READ) != OK:
		return PoolByteArray()
	var data := file.get_buffer(file.get_len())
	file.close()
	return data


static func write_file(path: String, data: PoolByteArray) -> int:
	var file := File.new()
	var failed := file.open(path, File.WRITE)
	if failed == OK:
		file.store_buffer(data)
		failed = file.get_error()
		file.close()
	return failed


static func make_folder(path: String) -> int:
	return Directory.new().make_dir_recursive(path)
