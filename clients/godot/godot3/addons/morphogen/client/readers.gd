extends Reference
## What the parts of each kind of asset mean.

const Errors := preload("errors.gd")
const Platform := preload("../platform.gd")


## Every part is a file.
class FilesReader:
	extends Reference
	var files := {}
	var error: Reference = null

	func read(header: Reference, part: Dictionary):
		var file := file_of(part)
		files[part.map] = file
		return {"name": part.map, "file": file, "sequence": part.sequence, "part_count": header.part_count}

	func file_of(part: Dictionary) -> Dictionary:
		return {"media_type": part.media_type, "data": part.data}


## Gathers the maps of a level of detail.
class TextureReader:
	extends FilesReader
	var _lod_px := 0

	func read(header: Reference, part: Dictionary):
		if part.lod_px != _lod_px:
			files = {}
			_lod_px = part.lod_px
		files[part.map] = file_of(part)
		var lods: Array = header.lods_px
		if files.size() < header.part_count / max(1, lods.size()):
			return null
		return {"lod_px": part.lod_px, "final": lods.size() == 0 or part.lod_px == lods[-1], "maps": files}


## Tells steps from files.
class LevelReader:
	extends FilesReader

	func read(_header: Reference, part: Dictionary):
		if part.map != "refinement":
			var file := file_of(part)
			files[part.map] = file
			return {"kind": "file", "name": part.map, "file": file}
		var document = Platform.json(part.data.get_string_from_utf8())
		if typeof(document) != TYPE_DICTIONARY:
			error = Errors.broken("part %d is no JSON" % part.sequence)
			return null
		return {"kind": "refinement", "rows": document.get("rows", []), "document": document, "file": file_of(part)}
