#include "GenerateTextureAction.h"

#include "Materials/MaterialInstanceDynamic.h"
#include "MorphogenImages.h"
#include "MorphogenSubsystem.h"

UGenerateTextureAction* UGenerateTextureAction::GenerateTexture(UObject* WorldContextObject, UMaterialInterface* Parent, FString TextureClass, int32 Seed, int32 SizePx)
{
	UGenerateTextureAction* Action = NewObject<UGenerateTextureAction>();
	Action->RegisterWithGameInstance(WorldContextObject);
	Action->Material = UMaterialInstanceDynamic::Create(Parent, Action);
	Action->Request.texture_class = TCHAR_TO_UTF8(*TextureClass);
	Action->Request.seed = static_cast<std::uint32_t>(Seed);
	Action->Request.size_px = static_cast<std::uint32_t>(FMath::Max(SizePx, 0));
	return Action;
}

void UGenerateTextureAction::Activate()
{
	Thread = TMorphogenThread<morphogen::TextureStream>::Begin<UGenerateTextureAction, morphogen::TextureUpdate>(
		this, UMorphogenSubsystem::Client().generate_texture(Request),
		[this](const morphogen::TextureUpdate& Update)
		{
			MorphogenImages::Apply(Update.maps, Material);
			ShownPx = static_cast<int32>(Update.lod_px);
			OnUpdate.Broadcast(Material, ShownPx, FString());
		},
		[this](const std::optional<morphogen::Error>& Error)
		{
			(Error ? OnFailed : OnCompleted).Broadcast(Material, ShownPx, Error ? FString(UTF8_TO_TCHAR(Error->message.c_str())) : FString());
			SetReadyToDestroy();
		});
}

void UGenerateTextureAction::Cancel()
{
	Thread.reset();
	SetReadyToDestroy();
}

void UGenerateTextureAction::BeginDestroy()
{
	Thread.reset();
	Super::BeginDestroy();
}
