#pragma once

#include "CoreMinimal.h"
#include "Kismet/BlueprintAsyncActionBase.h"
#include "MorphogenThread.h"
#include "morphogen/client.hpp"
#include "GenerateTextureAction.generated.h"

class UMaterialInstanceDynamic;
class UMaterialInterface;

DECLARE_DYNAMIC_MULTICAST_DELEGATE_ThreeParams(FMorphogenTexturePin, UMaterialInstanceDynamic*, Material, int32, SizePx, const FString&, Error);

/// Generate Texture: a material that gets sharper while it is being made.
UCLASS()
class MORPHOGEN_API UGenerateTextureAction : public UBlueprintAsyncActionBase
{
	GENERATED_BODY()

public:
	/// Each level of detail, coarse to fine; the material wears it already.
	UPROPERTY(BlueprintAssignable)
	FMorphogenTexturePin OnUpdate;

	UPROPERTY(BlueprintAssignable)
	FMorphogenTexturePin OnCompleted;

	/// Error says why, in one line.
	UPROPERTY(BlueprintAssignable)
	FMorphogenTexturePin OnFailed;

	/// Parent has a texture parameter for every map that it wants: albedo, normal, roughness, metallic, height, ambient_occlusion.
	UFUNCTION(BlueprintCallable, Category = "Morphogen", meta = (BlueprintInternalUseOnly = "true", WorldContext = "WorldContextObject"))
	static UGenerateTextureAction* GenerateTexture(UObject* WorldContextObject, UMaterialInterface* Parent, FString TextureClass, int32 Seed = 0, int32 SizePx = 512);

	virtual void Activate() override;

	/// End it: the server stops within a step.
	UFUNCTION(BlueprintCallable, Category = "Morphogen")
	void Cancel();

	virtual void BeginDestroy() override;

private:
	UPROPERTY()
	TObjectPtr<UMaterialInstanceDynamic> Material;

	morphogen::GenerateTextureRequest Request;
	int32 ShownPx = 0;
	std::unique_ptr<TMorphogenThread<morphogen::TextureStream>> Thread;
};
