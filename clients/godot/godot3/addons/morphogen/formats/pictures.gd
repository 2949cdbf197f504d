extends Reference
## From files to images.

const Platform := preload("../platform.gd")

const GRAY_16 := [16, 0]
const GRAY_ALPHA_8 := [8, 4]
const CRC_POLYNOMIAL := 0xEDB88320


## An image of a PNG, JPEG or WebP file; null if it is none.
static func image_of(file: Dictionary) -> Image:
	var image := Image.new()
	var failed := ERR_FILE_UNRECOGNIZED
	match file.media_type:
		"image/png":
			failed = image.load_png_from_buffer(file.data)
		"image/jpeg":
			failed = image.load_jpg_from_buffer(file.data)
		"image/webp":
			failed = image.load_webp_from_buffer(file.data)
	return image if failed == OK else null


## The same for materials: with mipmaps.
static func texture_image_of(file: Dictionary) -> Image:
	var image := image_of(file)
	if image != null:
		image.generate_mipmaps()
	return image


## The values of a gray 16-bit PNG, as bytes: high and low byte of each, by rows from the top. Empty if it is none.
##
## Godot reads such a file with 8 bits. But its bytes are laid out as those of a file with 8 bits of gray and 8 bits of
## alpha: with that in its header, Godot decodes high and low bytes as the two channels, at its full speed.
static func gray_16_of(data: PoolByteArray) -> PoolByteArray:
	if data.size() < 33 or data[24] != GRAY_16[0] or data[25] != GRAY_16[1]:
		return PoolByteArray()
	var patched := Platform.sliced(data, 0, data.size()) # a copy: Godot 4 shares arrays of bytes
	patched[24] = GRAY_ALPHA_8[0]
	patched[25] = GRAY_ALPHA_8[1]
	var checksum := _crc_32(patched, 12, 29)
	for index in range(4):
		patched[29 + index] = (checksum >> (24 - 8 * index)) & 255
	var image := Image.new()
	if image.load_png_from_buffer(patched) != OK or image.get_format() != Image.FORMAT_LA8:
		return PoolByteArray()
	return image.get_data()


static func _crc_32(data: PoolByteArray, from: int, to: int) -> int:
	var rest := 0xFFFFFFFF
	for index in range(from, to):
		rest ^= data[index]
		for _bit in range(8):
			rest = (rest >> 1) ^ (CRC_POLYNOMIAL if rest & 1 else 0)
	return rest ^ 0xFFFFFFFF
