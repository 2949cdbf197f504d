extends "test_case.gd"
## The editor's dock, without the editor.

const Dock := preload("res://addons/morphogen/dock.gd")


func test_the_dock_makes_and_saves_a_material() -> void:
	var dock: Control = Dock.new()
	_root.add_child(dock)
	dock._url.text = client.url
	dock.connect_to_server()
	check(_pump(dock, "Connected."), dock._words.text)
	dock._size.select(0)
	dock._seed.value = 7
	dock.generate()
	check(_pump(dock, "Made by"), dock._words.text)
	check(dock._preview.texture != null, "a preview is shown")
	dock.save()
	var folder: String = "res://morphogen/%s_7" % dock._class.get_item_text(0)
	check_equal(dock._words.text, "Saved as %s/material.res." % folder, "words")
	var material: Resource = load(folder + "/material.res")
	check(material is StandardMaterial3D, "a material")
	check_equal(material.albedo_texture.get_width(), 64, "width")
	check(Platform.read_file(folder + "/normal.png").size() > 100, "a PNG file")
	Platform.remove_folder(folder)
	dock._class.set_item_text(0, "../../outside")
	dock.save()
	check_equal(dock._words.text, "Saved as res://morphogen/outside_7/material.res.", "words")
	Platform.remove_folder("res://morphogen/outside_7")
	dock.free()


func test_the_dock_tells_what_is_wrong() -> void:
	var dock: Control = Dock.new()
	_root.add_child(dock)
	dock._url.text = "nowhere"
	dock.connect_to_server()
	check(_pump(dock, "url: nowhere is not"), dock._words.text)
	dock.free()


## Go on until the dock says that.
func _pump(dock: Control, words: String) -> bool:
	var since_ms := Time.get_ticks_msec()
	while not dock._words.text.begins_with(words) and Time.get_ticks_msec() - since_ms < TIMEOUT_MS:
		dock._client.poll(10.0)
		OS.delay_usec(200)
	return dock._words.text.begins_with(words)
