#pragma once

#include "CoreMinimal.h"
#include "Kismet/BlueprintAsyncActionBase.h"
#include "PlayCharacterAction.generated.h"

class UMorphogenPoseComponent;

DECLARE_DYNAMIC_MULTICAST_DELEGATE_OneParam(FMorphogenCharacterPin, const FString&, Error);

/// Play Character: moves a pose component until the stream ends; steer the component meanwhile.
UCLASS()
class MORPHOGEN_API UPlayCharacterAction : public UBlueprintAsyncActionBase
{
	GENERATED_BODY()

public:
	UPROPERTY(BlueprintAssignable)
	FMorphogenCharacterPin OnCompleted;

	UPROPERTY(BlueprintAssignable)
	FMorphogenCharacterPin OnFailed;

	UFUNCTION(BlueprintCallable, Category = "Morphogen", meta = (BlueprintInternalUseOnly = "true", WorldContext = "WorldContextObject"))
	static UPlayCharacterAction* PlayCharacter(UObject* WorldContextObject, UMorphogenPoseComponent* Component, int32 Seed = 0, int32 RateHz = 30);

	virtual void Activate() override;

private:
	UFUNCTION()
	void Ended(const FString& Error);

	UPROPERTY()
	TObjectPtr<UMorphogenPoseComponent> Component;

	int32 Seed = 0;
	int32 RateHz = 30;
};
