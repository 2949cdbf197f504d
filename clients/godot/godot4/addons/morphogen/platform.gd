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


# A texture of an image that has its mipmaps already, or has none.
static func texture_of(image: Image) -> Texture2D:
	return ImageTexture.create_from_image(image)


# A texture that lies in a file, with its mipmaps.
static func texture_to_save(image: Image) -> Texture2D:
	image.generate_mipmaps()
	return texture_of(image)


# Show another image of the same size in a texture.
static func update_texture(texture: ImageTexture, image: Image) -> void:
	if texture.get_image() != null and texture.get_size() == Vector2(image.get_size()):
		texture.update(image)
	else:
		texture.set_image(image)


# Let a material have depth by a height map; null: none.
static func set_height_map(material: StandardMaterial3D, texture: Texture2D, scale: float) -> void:
	material.heightmap_enabled = texture != null
	material.heightmap_scale = scale
	material.heightmap_texture = texture


static func shader() -> Shader:
	return load("res://addons/morphogen/terrain.gdshader")


static func set_shader_value(material: ShaderMaterial, name: String, value: Variant) -> void:
	material.set_shader_parameter(name, value)


# Many copies of a mesh.
static func multi_mesh(mesh: Mesh, transforms: Array) -> MultiMesh:
	var many := MultiMesh.new()
	many.transform_format = MultiMesh.TRANSFORM_3D
	many.mesh = mesh
	many.instance_count = transforms.size()
	for index in range(transforms.size()):
		many.set_instance_transform(index, transforms[index])
	return many


# Where a bone is: `rotation` relative to its parent, `offset` from it.
static func pose_bone(skeleton: Skeleton3D, bone: int, offset: Vector3, rotation: Quaternion) -> void:
	skeleton.set_bone_pose_position(bone, offset)
	skeleton.set_bone_pose_rotation(bone, rotation)


static func make_transparent(material: StandardMaterial3D) -> void:
	material.transparency = BaseMaterial3D.TRANSPARENCY_ALPHA


static func save_resource(resource: Resource, path: String) -> int:
	return ResourceSaver.save(resource, path)


# What a viewport shows.
static func screen_of(viewport: Viewport) -> Image:
	return viewport.get_texture().get_image()


# Files and sockets that this process has open; 0 where the system does not tell.
static func open_file_count() -> int:
	return _entry_count("/proc/self/fd")


static func thread_count() -> int:
	return _entry_count("/proc/self/task")


static func _entry_count(path: String) -> int:
	var folder := DirAccess.open(path)
	return folder.get_files().size() + folder.get_directories().size() if folder != null else 0


# Connect a signal by name.
static func connect_signal(source: Object, signal_name: String, target: Object, method: String) -> void:
	source.connect(signal_name, Callable(target, method))


# Let a picture be shown smaller than it is.
static func let_shrink(shown: TextureRect) -> void:
	shown.expand_mode = TextureRect.EXPAND_IGNORE_SIZE


static func let_wrap(label: Label) -> void:
	label.autowrap_mode = TextServer.AUTOWRAP_WORD_SMART


# Remove a folder with its files.
static func remove_folder(path: String) -> void:
	for name in DirAccess.get_files_at(path):
		DirAccess.remove_absolute(path + "/" + name)
	DirAccess.remove_absolute(path)


# A sky that metal can reflect.
static func set_sky(environment: Environment) -> void:
	environment.background_mode = Environment.BG_SKY
	environment.sky = Sky.new()
	environment.sky.sky_material = ProceduralSkyMaterial.new()
