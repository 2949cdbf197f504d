// From files to what the engine draws.
#pragma once

#include "CoreMinimal.h"
#include "morphogen/files.hpp"

class UMaterialInstanceDynamic;
class UMaterialInterface;
class UObject;
class UTexture2D;

namespace MorphogenImages
{
	/// A decoded picture: B, G, R, A, or 16-bit grey.
	struct FPixels
	{
		int32 Width = 0;
		int32 Height = 0;
		TArray64<uint8> Data;
	};

	/// Decodes a PNG; false for anything else. Any thread.
	MORPHOGEN_API bool Decode(const morphogen::File& File, bool bGrey16, FPixels& Pixels);

	/// A texture of a map: colors for "albedo", data for the others. nullptr if it cannot be decoded. Game thread.
	MORPHOGEN_API UTexture2D* Texture(const morphogen::File& File);

	/// Sets the texture parameter of a map's name: "albedo", "normal", "roughness", "metallic", "height", "ambient_occlusion".
	/// Normal maps are OpenGL's (+Y up): the material flips green.
	MORPHOGEN_API void Apply(const morphogen::Files& Maps, UMaterialInstanceDynamic* Material);
}
