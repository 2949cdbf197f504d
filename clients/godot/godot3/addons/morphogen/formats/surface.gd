extends Reference
## How the maps of a texture become a material.


## `maps`: name -> texture. What is missing is turned off.
static func fill(material: SpatialMaterial, maps: Dictionary) -> void:
	material.albedo_texture = maps.get("albedo")
	material.normal_enabled = maps.get("normal") != null
	material.normal_texture = maps.get("normal")
	material.roughness_texture = maps.get("roughness")
	material.metallic = 1.0 if maps.get("metallic") != null else 0.0
	material.metallic_texture = maps.get("metallic")
	material.ao_enabled = maps.get("ambient_occlusion") != null
	material.ao_texture = maps.get("ambient_occlusion")
