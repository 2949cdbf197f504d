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
	var parsed := JSON.parse(_with_whole_characters(text) if text.find("\\u") >= 0 else text)
	return parsed.result if parsed.error == OK else null


# Godot 3 reads an escaped character beyond U+FFFF as two that are none.
static func _with_whole_characters(text: String) -> String:
	var pairs := RegEx.new()
	pairs.compile("(?<!\\\\)((?:\\\\\\\\)*)\\\\u([dD][89abAB]..)\\\\u([dD][c-fC-F]..)")
	var whole := ""
	var at := 0
	for found in pairs.search_all(text):
		var high: int = ("0x" + found.get_string(2)).hex_to_int()
		var low: int = ("0x" + found.get_string(3)).hex_to_int()
		whole += text.substr(at, found.get_start() - at) + found.get_string(1)
		whole += char(0x10000 + ((high & 0x3FF) << 10) + (low & 0x3FF))
		at = found.get_end()
	return whole + text.substr(at, text.length() - at)


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


# A texture of an image that has its mipmaps already, or has none.
static func texture_of(image: Image) -> Texture:
	var texture := ImageTexture.new()
	texture.create_from_image(image, Texture.FLAGS_DEFAULT)
	return texture


# A texture that lies in a file: Godot 3 makes its mipmaps when it is loaded.
static func texture_to_save(image: Image) -> Texture:
	return texture_of(image)


# Show another image of the same size in a texture.
static func update_texture(texture: ImageTexture, image: Image) -> void:
	if texture.get_size() == image.get_size() and texture.get_format() == image.get_format():
		texture.set_data(image)
	else:
		texture.create_from_image(image, Texture.FLAG_FILTER)


# Let a material have depth by a height map; null: none.
static func set_height_map(material: SpatialMaterial, texture: Texture, scale: float) -> void:
	material.depth_enabled = texture != null
	material.depth_scale = scale * 0.01
	material.depth_texture = texture


static func shader() -> Shader:
	return load("res://addons/morphogen/terrain.shader") as Shader


static func set_shader_value(material: ShaderMaterial, name: String, value) -> void:
	material.set_shader_param(name, value)


# Many copies of a mesh.
static func multi_mesh(mesh: Mesh, transforms: Array) -> MultiMesh:
	var many := MultiMesh.new()
	many.transform_format = MultiMesh.TRANSFORM_3D
	many.mesh = mesh
	many.instance_count = transforms.size()
	for index in range(transforms.size()):
		many.set_instance_transform(index, transforms[index])
	return many


# Where a bone is: `rotation` relative to its parent, `offset` from it. Godot 3 wants it relative to the bone's rest.
static func pose_bone(skeleton: Skeleton, bone: int, offset: Vector3, rotation: Quat) -> void:
	var moved := offset - skeleton.get_bone_rest(bone).origin
	skeleton.set_bone_pose(bone, Transform(Basis(rotation), moved))


static func make_transparent(material: SpatialMaterial) -> void:
	material.flags_transparent = true


static func save_resource(resource: Resource, path: String) -> int:
	return ResourceSaver.save(path, resource)


# What a viewport shows.
static func screen_of(viewport: Viewport) -> Image:
	var image := viewport.get_texture().get_data()
	image.flip_y()
	return image


# Files and sockets that this process has open; 0 where the system does not tell.
static func open_file_count() -> int:
	return _entry_count("/proc/self/fd")


static func thread_count() -> int:
	return _entry_count("/proc/self/task")


static func _entry_count(path: String) -> int:
	var folder := Directory.new()
	if folder.open(path) != OK:
		return 0
	var count := 0
	folder.list_dir_begin(true)
	while folder.get_next() != "":
		count += 1
	folder.list_dir_end()
	return count


# Connect a signal by name.
static func connect_signal(source: Object, signal_name: String, target: Object, method: String) -> void:
	source.connect(signal_name, target, method)


# Let a picture be shown smaller than it is.
static func let_shrink(shown: TextureRect) -> void:
	shown.expand = true


static func let_wrap(label: Label) -> void:
	label.autowrap = true


# Remove a folder with its files.
static func remove_folder(path: String) -> void:
	var folder := Directory.new()
	if folder.open(path) != OK:
		return
	folder.list_dir_begin(true)
	var name := folder.get_next()
	while name != "":
		folder.remove(name)
		name = folder.get_next()
	folder.list_dir_end()
	folder.remove(path)


# A sky that metal can reflect.
static func set_sky(environment: Environment) -> void:
	environment.background_mode = Environment.BG_SKY
	environment.background_sky = ProceduralSky.new()
