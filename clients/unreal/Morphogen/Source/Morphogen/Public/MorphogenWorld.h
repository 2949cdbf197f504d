#pragma once

#include "CoreMinimal.h"
#include "GameFramework/Actor.h"
#include "MorphogenThread.h"
#include "morphogen/client.hpp"
#include "MorphogenWorld.generated.h"

class UMaterialInterface;
class UProceduralMeshComponent;

DECLARE_DYNAMIC_MULTICAST_DELEGATE_OneParam(FMorphogenWorldSettled, int32, ChunkCount);
DECLARE_DYNAMIC_MULTICAST_DELEGATE_OneParam(FMorphogenWorldFailed, const FString&, Error);

/// An endless world around the first player: chunks come before they are seen, and go when they are left. The actor stands
/// where the world's origin is; +X is east, +Y south.
UCLASS()
class MORPHOGEN_API AMorphogenWorld : public AActor
{
	GENERATED_BODY()

public:
	AMorphogenWorld();

	UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Morphogen")
	int32 Seed = 0;

	UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Morphogen")
	float ViewDistanceM = 512.0f;

	/// Of the land; UVs go once over a chunk. Its texture parameter "ground" gets the shares of soil, rock and snow as R, G, B.
	UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Morphogen")
	TObjectPtr<UMaterialInterface> GroundMaterial;

	/// All that is in view is there.
	UPROPERTY(BlueprintAssignable, Category = "Morphogen")
	FMorphogenWorldSettled OnSettled;

	UPROPERTY(BlueprintAssignable, Category = "Morphogen")
	FMorphogenWorldFailed OnFailed;

	/// Begin, anew if it runs.
	UFUNCTION(BlueprintCallable, Category = "Morphogen")
	void Explore();

	UFUNCTION(BlueprintCallable, Category = "Morphogen")
	void Stop();

	virtual void Tick(float DeltaSeconds) override;
	virtual void EndPlay(const EEndPlayReason::Type Reason) override;

private:
	void Handle(const morphogen::WorldEvent& Event);
	void Show(const morphogen::Chunk& Chunk);
	void Hide(const FIntPoint& Place);

	UPROPERTY()
	TMap<FIntPoint, TObjectPtr<UProceduralMeshComponent>> Chunks;

	std::unique_ptr<TMorphogenThread<morphogen::WorldStream>> Thread;
};
