#include "MorphogenImages.h"

#include "Engine/Texture2D.h"
#include "IImageWrapper.h"
#include "IImageWrapperModule.h"
#include "Materials/MaterialInstanceDynamic.h"
#include "Modules/ModuleManager.h"

bool MorphogenImages::Decode(const morphogen::File& File, bool bGrey16, FPixels& Pixels)
{
	IImageWrapperModule& Module = FModuleManager::LoadModuleChecked<IImageWrapperModule>(TEXT("ImageWrapper"));
	const TSharedPtr<IImageWrapper> Wrapper = Module.CreateImageWrapper(EImageFormat::PNG);
	if (!Wrapper.IsValid() || !Wrapper->SetCompressed(File.data.data(), static_cast<int64>(File.data.size())))
	{
		return false;
	}
	Pixels.Width = static_cast<int32>(Wrapper->GetWidth());
	Pixels.Height = static_cast<int32>(Wrapper->GetHeight());
	return Wrapper->GetRaw(bGrey16 ? ERGBFormat::Gray : ERGBFormat::BGRA, bGrey16 ? 16 : 8, Pixels.Data);
}

UTexture2D* MorphogenImages::Texture(const morphogen::File& File)
{
	FPixels Pixels;
	if (!Decode(File, false, Pixels))
	{
		return nullptr;
	}
	UTexture2D* Texture = UTexture2D::CreateTransient(Pixels.Width, Pixels.Height, PF_B8G8R8A8);
	if (Texture == nullptr)
	{
		return nullptr;
	}
	Texture->SRGB = File.name == "albedo";
	Texture->CompressionSettings = File.name == "normal" ? TC_VectorDisplacementmap : TC_Default;
	FTexture2DMipMap& Mip = Texture->GetPlatformData()->Mips[0];
	FMemory::Memcpy(Mip.BulkData.Lock(LOCK_READ_WRITE), Pixels.Data.GetData(), static_cast<SIZE_T>(Pixels.Data.Num()));
	Mip.BulkData.Unlock();
	Texture->UpdateResource();
	return Texture;
}

void MorphogenImages::Apply(const morphogen::Files& Maps, UMaterialInstanceDynamic* Material)
{
	for (const morphogen::FilePtr& File : Maps)
	{
		UTexture2D* Made = Material != nullptr ? Texture(*File) : nullptr;
		if (Made != nullptr)
		{
			Material->SetTextureParameterValue(FName(UTF8_TO_TCHAR(File->name.c_str())), Made);
		}
	}
}
