tool
extends VBoxContainer
## The editor's dock: make a material, look at it, save it as files and a material of the project.

## A material lies in the project, at `path`.
signal saved(path)

const Client := preload("morphogen_client.gd")
const MadeError := preload("client/error.gd")
const Pictures := preload("formats/pictures.gd")
const Platform := preload("platform.gd")
const Surface := preload("formats/surface.gd")

const SIZES_PX := [64, 128, 256, 512, 1024, 2048]
const PREVIEW_PX := 160

var _client: Node
var _url: LineEdit
var _token: LineEdit
var _class: OptionButton
var _seed: SpinBox
var _size: OptionButton
var _generate: Button
var _save: Button
var _preview: TextureRect
var _words: Label
var _stream: Reference = null
var _maps := {}


func _init() -> void:
	name = "Morphogen"
	_client = Client.new()
	add_child(_client)
	_url = _added_row("Server", LineEdit.new())
	_url.text = _client.url
	_token = _added_row("Token", LineEdit.new())
	_token.secret = true
	_class = _added_row("Class", OptionButton.new())
	_seed = _added_row("Seed", SpinBox.new())
	_seed.max_value = 4294967295
	_size = _added_row("Size", OptionButton.new())
	for size_px in SIZES_PX:
		_size.add_item("%d px" % size_px)
	_size.select(3)
	var buttons := HBoxContainer.new()
	add_child(buttons)
	_button(buttons, "Connect").connect("pressed", self, "connect_to_server")
	_generate = _button(buttons, "Generate")
	_generate.connect("pressed", self, "generate")
	_generate.disabled = true
	_save = _button(buttons, "Save")
	_save.connect("pressed", self, "save")
	_save.disabled = true
	_preview = TextureRect.new()
	_preview.rect_min_size = Vector2(PREVIEW_PX, PREVIEW_PX)
	_preview.stretch_mode = TextureRect.STRETCH_KEEP_ASPECT_CENTERED
	Platform.let_shrink(_preview)
	add_child(_preview)
	_words = Label.new()
	Platform.let_wrap(_words)
	_words.text = "Connect to a server that was started with web.port."
	add_child(_words)


## Ask the server for the classes that it knows.
func connect_to_server() -> void:
	_client.url = _url.text
	_client.token = _token.text
	_words.text = "Connecting ..."
	var asked: Reference = _client.catalog("texture", 10000)
	asked.connect("finished", self, "_on_catalog")
	asked.connect("failed", self, "_on_failed")


## Make the material that the fields describe; the preview gets finer.
func generate() -> void:
	if _stream != null and not _stream.done:
		_stream.disconnect("failed", self, "_on_failed")
		_stream.cancel()
	_maps = {}
	_save.disabled = true
	_words.text = "Generating ..."
	var request := {
		"texture_class": _class.get_item_text(_class.selected),
		"seed": int(_seed.value),
		"size_px": SIZES_PX[_size.selected],
	}
	_stream = _client.generate_texture(request)
	_stream.connect("updated", self, "_on_updated")
	_stream.connect("finished", self, "_on_finished")
	_stream.connect("failed", self, "_on_failed")


## Write PNG files and a material to res://morphogen/CLASS_SEED/.
func save() -> void:
	# The class is the server's word: what leads elsewhere is cut off.
	var folder := "res://morphogen/%s_%d" % [_class.get_item_text(_class.selected).get_file(), int(_seed.value)]
	var failed := Platform.make_folder(folder)
	var textures := {}
	for map in _maps:
		if failed == OK:
			failed = Platform.write_file("%s/%s.png" % [folder, map], _maps[map].data)
		var image: Image = Pictures.image_of(_maps[map])
		if image != null:
			textures[map] = Platform.texture_to_save(image)
	var path := folder + "/material.res"
	# The material carries its textures: it is usable before the editor has imported the PNG files.
	var material := SpatialMaterial.new()
	Surface.fill(material, textures)
	if failed == OK:
		failed = Platform.save_resource(material, path)
	if failed != OK:
		_words.text = "Cannot write %s (error %d)." % [folder, failed]
		return
	_words.text = "Saved as %s." % path
	emit_signal("saved", path)


func _on_catalog(generators: Array) -> void:
	_class.clear()
	for generator in generators:
		for texture_class in generator.classes:
			_class.add_item(texture_class)
	_generate.disabled = generators.size() == 0
	_words.text = "Connected." if generators.size() > 0 else "This server makes no textures."


func _on_updated(update: Dictionary) -> void:
	_maps = update.maps
	_words.text = "%d px" % update.lod_px
	if _maps.has("albedo"):
		var image: Image = Pictures.image_of(_maps.albedo)
		if image != null:
			_preview.texture = Platform.texture_of(image)


func _on_finished(result: Dictionary) -> void:
	_save.disabled = false
	_words.text = "Made by %s in %d ms." % [result.header.generator.name, int(result.timings.total_ms)]


func _on_failed(error: Reference) -> void:
	if error.kind != MadeError.Kind.CANCELLED:
		_words.text = error.message


func _added_row(title: String, field: Control) -> Control:
	var row := HBoxContainer.new()
	var label := Label.new()
	label.text = title
	label.rect_min_size = Vector2(60, 0)
	field.size_flags_horizontal = Control.SIZE_EXPAND_FILL
	row.add_child(label)
	row.add_child(field)
	add_child(row)
	return field


func _button(row: Control, title: String) -> Button:
	var button := Button.new()
	button.text = title
	row.add_child(button)
	return button
