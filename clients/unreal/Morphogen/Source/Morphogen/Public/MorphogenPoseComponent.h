#pragma once

#include "Components/PoseableMeshComponent.h"
#include "CoreMinimal.h"
#include "MorphogenThread.h"
#include "morphogen/client.hpp"
#include "morphogen/geometry/skeleton.hpp"
#include "MorphogenPoseComponent.generated.h"

DECLARE_DYNAMIC_MULTICAST_DELEGATE_OneParam(FMorphogenPoseEnded, const FString&, Error);

/// A skeletal mesh that moves as a stream of poses says. It is modelled in T-pose and faces +Y; its bones are named as
/// Morphogen's joints, or as `BoneOfJoint` says.
UCLASS(ClassGroup = Morphogen, meta = (BlueprintSpawnableComponent))
class MORPHOGEN_API UMorphogenPoseComponent : public UPoseableMeshComponent
{
	GENERATED_BODY()

public:
	/// Joints whose bones have another name: "l_knee" -> "calf_l".
	UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Morphogen")
	TMap<FName, FName> BoneOfJoint;

	/// The stream is over; Error is empty if it ended well.
	UPROPERTY(BlueprintAssignable, Category = "Morphogen")
	FMorphogenPoseEnded OnEnded;

	/// Begin, anew if it runs.
	UFUNCTION(BlueprintCallable, Category = "Morphogen")
	void Play(int32 Seed, int32 RateHz = 30);

	UFUNCTION(BlueprintCallable, Category = "Morphogen")
	void Stop();

	/// What it shall do from the next frame on: meters per second, degrees as yaw from +Y, an action of the catalog or none.
	UFUNCTION(BlueprintCallable, Category = "Morphogen")
	void Steer(float SpeedMps, float HeadingDegrees, FString Action);

	virtual void BeginDestroy() override;

private:
	/// A joint that the mesh has a bone for.
	struct FJoint
	{
		int32 Index;
		FName Bone;
		FQuat Rest;
	};

	void Show(const morphogen::Frame& Frame);
	void Describe(const morphogen::File& Description);

	std::optional<morphogen::Skeleton> Skeleton;
	TArray<FJoint> Joints;
	std::unique_ptr<TMorphogenThread<morphogen::FramesStream>> Thread;
};
