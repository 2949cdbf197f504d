#include "PlayCharacterAction.h"

#include "MorphogenPoseComponent.h"

UPlayCharacterAction* UPlayCharacterAction::PlayCharacter(UObject* WorldContextObject, UMorphogenPoseComponent* Component, int32 Seed, int32 RateHz)
{
	UPlayCharacterAction* Action = NewObject<UPlayCharacterAction>();
	Action->RegisterWithGameInstance(WorldContextObject);
	Action->Component = Component;
	Action->Seed = Seed;
	Action->RateHz = RateHz;
	return Action;
}

void UPlayCharacterAction::Activate()
{
	if (Component == nullptr)
	{
		Ended(TEXT("there is no pose component"));
		return;
	}
	Component->OnEnded.AddDynamic(this, &UPlayCharacterAction::Ended);
	Component->Play(Seed, RateHz);
}

void UPlayCharacterAction::Ended(const FString& Error)
{
	if (Component != nullptr)
	{
		Component->OnEnded.RemoveDynamic(this, &UPlayCharacterAction::Ended);
	}
	(Error.IsEmpty() ? OnCompleted : OnFailed).Broadcast(Error);
	SetReadyToDestroy();
}
