#include "MorphogenPoseComponent.h"

#include "AnimationRuntime.h"
#include "Engine/SkinnedAsset.h"
#include "MorphogenAxes.h"
#include "MorphogenSubsystem.h"

void UMorphogenPoseComponent::Play(int32 Seed, int32 RateHz)
{
	Stop();
	morphogen::PlayFramesRequest Request;
	morphogen::FrameStream& Stream = Request.stream.emplace();
	Stream.identity.emplace().seed = static_cast<std::uint32_t>(Seed);
	Stream.poses = true;
	Stream.rate_hz = static_cast<std::uint32_t>(FMath::Max(RateHz, 0));
	Stream.delivery = morphogen::Delivery::live;
	Thread = TMorphogenThread<morphogen::FramesStream>::Begin<UMorphogenPoseComponent, morphogen::Frame>(
		this, UMorphogenSubsystem::Client().play_frames(Request),
		[this](const morphogen::Frame& Frame) { Show(Frame); },
		[this](const std::optional<morphogen::Error>& Error) { OnEnded.Broadcast(Error ? FString(UTF8_TO_TCHAR(Error->message.c_str())) : FString()); });
}

void UMorphogenPoseComponent::Stop()
{
	Thread.reset();
	Skeleton.reset();
}

void UMorphogenPoseComponent::Steer(float SpeedMps, float HeadingDegrees, FString Action)
{
	if (Thread != nullptr)
	{
		morphogen::CharacterControl Control;
		Control.speed_mps = SpeedMps;
		Control.heading_deg = -HeadingDegrees;
		Control.action = TCHAR_TO_UTF8(*Action);
		(void)Thread->Get().steer(std::move(Control));
	}
}

void UMorphogenPoseComponent::BeginDestroy()
{
	Stop();
	Super::BeginDestroy();
}

void UMorphogenPoseComponent::Describe(const morphogen::File& Description)
{
	Skeleton = morphogen::skeleton_of(Description.data);
	Joints.Reset();
	const USkinnedAsset* Mesh = GetSkinnedAsset();
	for (std::size_t Joint = 0; Skeleton && Mesh != nullptr && Joint < Skeleton->names.size(); ++Joint)
	{
		const FReferenceSkeleton& Bones = Mesh->GetRefSkeleton();
		const FName Name(UTF8_TO_TCHAR(Skeleton->names[Joint].c_str()));
		const FName* Other = BoneOfJoint.Find(Name);
		const int32 Bone = Bones.FindBoneIndex(Other != nullptr ? *Other : Name);
		if (Bone != INDEX_NONE)
		{
			const FQuat Rest = FAnimationRuntime::GetComponentSpaceTransformRefPose(Bones, Bone).GetRotation();
			Joints.Add({static_cast<int32>(Joint), Bones.GetBoneName(Bone), Rest});
		}
	}
}

void UMorphogenPoseComponent::Show(const morphogen::Frame& Frame)
{
	if (!Skeleton && Frame.description != nullptr)
	{
		Describe(*Frame.description);
	}
	if (!Skeleton || !Frame.pose)
	{
		return;
	}
	const auto Transforms = Skeleton->transforms(*Frame.pose);
	for (const FJoint& Joint : Joints)
	{
		const morphogen::JointTransform& Shown = Transforms[static_cast<std::size_t>(Joint.Index)];
		const auto Place = MorphogenAxes::Position(Shown.position_m);
		const auto Turn = MorphogenAxes::Rotation(Shown.rotation);
		// Joints are not turned at rest, bones are.
		const FQuat Rotation = FQuat(Turn[0], Turn[1], Turn[2], Turn[3]) * Joint.Rest;
		SetBoneTransformByName(Joint.Bone, FTransform(Rotation, FVector(Place[0], Place[1], Place[2])), EBoneSpaces::ComponentSpace);
	}
}
