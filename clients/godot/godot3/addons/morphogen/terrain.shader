shader_type spatial;

// The ground of a world's chunk: tiles of four materials, mixed by a picture of their shares.
uniform sampler2D ground; // red soil, green rock, blue snow, the rest vegetation
uniform sampler2D vegetation : hint_albedo;
uniform sampler2D soil : hint_albedo;
uniform sampler2D rock : hint_albedo;
uniform sampler2D snow : hint_albedo;
uniform float tile_m = 8.0; // a chunk's edge is a multiple of it

varying vec2 place_m;

void vertex() {
	place_m = VERTEX.xz;
}

void fragment() {
	vec3 shares = texture(ground, UV).rgb;
	vec2 at = place_m / tile_m;
	vec3 color = texture(vegetation, at).rgb * max(0.0, 1.0 - shares.r - shares.g - shares.b);
	color += texture(soil, at).rgb * shares.r;
	color += texture(rock, at).rgb * shares.g;
	color += texture(snow, at).rgb * shares.b;
	ALBEDO = color;
	ROUGHNESS = 0.95;
	SPECULAR = 0.2;
}
