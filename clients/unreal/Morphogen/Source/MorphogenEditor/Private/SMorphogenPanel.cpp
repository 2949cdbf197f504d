#include "SMorphogenPanel.h"

#include "AssetRegistry/AssetRegistryModule.h"
#include "Engine/Texture2D.h"
#include "MorphogenImages.h"
#include "MorphogenSettings.h"
#include "MorphogenSubsystem.h"
#include "UObject/Package.h"
#include "Widgets/Input/SButton.h"
#include "Widgets/Input/SEditableTextBox.h"
#include "Widgets/SBoxPanel.h"
#include "Widgets/Text/STextBlock.h"

namespace
{
	/// A map as an asset that the user saves with the others.
	void AddAsset(const morphogen::File& File, const FString& Folder)
	{
		MorphogenImages::FPixels Pixels;
		if (!MorphogenImages::Decode(File, false, Pixels))
		{
			return;
		}
		const FString Name = UTF8_TO_TCHAR(File.name.c_str());
		UPackage* Package = CreatePackage(*(Folder / Name));
		UTexture2D* Texture = NewObject<UTexture2D>(Package, FName(*Name), RF_Public | RF_Standalone);
		Texture->Source.Init(Pixels.Width, Pixels.Height, 1, 1, TSF_BGRA8, Pixels.Data.GetData());
		Texture->SRGB = File.name == "albedo";
		Texture->bFlipGreenChannel = File.name == "normal";
		Texture->CompressionSettings = File.name == "normal" ? TC_Normalmap : File.name == "albedo" ? TC_Default : TC_Masks;
		Texture->PostEditChange();
		Package->MarkPackageDirty();
		FAssetRegistryModule::AssetCreated(Texture);
	}
}

void SMorphogenPanel::Construct(const FArguments&)
{
	ChildSlot
	[
		SNew(SVerticalBox)
		+ SVerticalBox::Slot().AutoHeight()[SAssignNew(TextureClass, SEditableTextBox).Text(FText::FromString(TEXT("brick")))]
		+ SVerticalBox::Slot().AutoHeight()[SAssignNew(Seed, SEditableTextBox).Text(FText::FromString(TEXT("0")))]
		+ SVerticalBox::Slot().AutoHeight()
		[
			SNew(SButton).Text(FText::FromString(TEXT("Generate"))).OnClicked(this, &SMorphogenPanel::Generate)
		]
		+ SVerticalBox::Slot().AutoHeight()[SAssignNew(Told, STextBlock)]
	];
}

FReply SMorphogenPanel::Generate()
{
	morphogen::GenerateTextureRequest Request;
	Request.texture_class = TCHAR_TO_UTF8(*TextureClass->GetText().ToString());
	Request.seed = static_cast<std::uint32_t>(FCString::Atoi(*Seed->GetText().ToString()));
	Say(TEXT("..."));
	// The settings object lives as long as the editor; the panel's own end ends the thread.
	UMorphogenSettings* Owner = GetMutableDefault<UMorphogenSettings>();
	Thread = TMorphogenThread<morphogen::TextureStream>::Begin<UMorphogenSettings, morphogen::TextureUpdate>(
		Owner, UMorphogenSubsystem::Client().generate_texture(Request),
		[this](const morphogen::TextureUpdate& Update) { Save(Update); },
		[this](const std::optional<morphogen::Error>& Error)
		{
			if (Error)
			{
				Say(UTF8_TO_TCHAR(Error->message.c_str()));
			}
		});
	return FReply::Handled();
}

void SMorphogenPanel::Save(const morphogen::TextureUpdate& Update)
{
	Say(FString::Printf(TEXT("%u px"), Update.lod_px));
	if (Update.last)
	{
		const FString Folder = TEXT("/Game/Morphogen") / TextureClass->GetText().ToString() + TEXT("_") + Seed->GetText().ToString();
		for (const morphogen::FilePtr& File : Update.maps)
		{
			AddAsset(*File, Folder);
		}
		Say(TEXT("saved in ") + Folder);
	}
}

void SMorphogenPanel::Say(const FString& Text)
{
	Told->SetText(FText::FromString(Text));
}
