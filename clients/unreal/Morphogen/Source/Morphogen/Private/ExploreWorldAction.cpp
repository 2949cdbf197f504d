#include "ExploreWorldAction.h"

#include "Engine/Engine.h"
#include "Engine/World.h"
#include "Materials/MaterialInterface.h"
#include "MorphogenWorld.h"

UExploreWorldAction* UExploreWorldAction::ExploreWorld(UObject* WorldContextObject, int32 Seed, float ViewDistanceM, UMaterialInterface* GroundMaterial)
{
	UExploreWorldAction* Action = NewObject<UExploreWorldAction>();
	Action->RegisterWithGameInstance(WorldContextObject);
	UWorld* Around = GEngine->GetWorldFromContextObject(WorldContextObject, EGetWorldErrorMode::LogAndReturnNull);
	Action->World = Around != nullptr ? Around->SpawnActor<AMorphogenWorld>() : nullptr;
	if (Action->World != nullptr)
	{
		Action->World->Seed = Seed;
		Action->World->ViewDistanceM = ViewDistanceM;
		Action->World->GroundMaterial = GroundMaterial;
	}
	return Action;
}

void UExploreWorldAction::Activate()
{
	if (World == nullptr)
	{
		Failed(TEXT("there is no world to spawn it in"));
		return;
	}
	World->OnSettled.AddDynamic(this, &UExploreWorldAction::Settled);
	World->OnFailed.AddDynamic(this, &UExploreWorldAction::Failed);
	World->Explore();
}

void UExploreWorldAction::Settled(int32 ChunkCount)
{
	World->OnSettled.RemoveDynamic(this, &UExploreWorldAction::Settled);
	OnReady.Broadcast(World, FString());
}

void UExploreWorldAction::Failed(const FString& Error)
{
	OnFailed.Broadcast(World, Error);
	SetReadyToDestroy();
}
