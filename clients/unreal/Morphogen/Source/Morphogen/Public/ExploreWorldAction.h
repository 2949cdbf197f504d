#pragma once

#include "CoreMinimal.h"
#include "Kismet/BlueprintAsyncActionBase.h"
#include "ExploreWorldAction.generated.h"

class AMorphogenWorld;

DECLARE_DYNAMIC_MULTICAST_DELEGATE_TwoParams(FMorphogenWorldPin, AMorphogenWorld*, World, const FString&, Error);

/// Explore World: spawns an AMorphogenWorld and tells when it is there.
UCLASS()
class MORPHOGEN_API UExploreWorldAction : public UBlueprintAsyncActionBase
{
	GENERATED_BODY()

public:
	/// All that is in view is there, for the first time.
	UPROPERTY(BlueprintAssignable)
	FMorphogenWorldPin OnReady;

	UPROPERTY(BlueprintAssignable)
	FMorphogenWorldPin OnFailed;

	UFUNCTION(BlueprintCallable, Category = "Morphogen", meta = (BlueprintInternalUseOnly = "true", WorldContext = "WorldContextObject"))
	static UExploreWorldAction* ExploreWorld(UObject* WorldContextObject, int32 Seed = 0, float ViewDistanceM = 512.0f, UMaterialInterface* GroundMaterial = nullptr);

	virtual void Activate() override;

private:
	UFUNCTION()
	void Settled(int32 ChunkCount);

	UFUNCTION()
	void Failed(const FString& Error);

	UPROPERTY()
	TObjectPtr<AMorphogenWorld> World;
};
