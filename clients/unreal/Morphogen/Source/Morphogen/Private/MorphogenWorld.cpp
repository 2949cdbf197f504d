#include "MorphogenWorld.h"

#include "Components/SceneComponent.h"
#include "Engine/Texture2D.h"
#include "Engine/World.h"
#include "GameFramework/Pawn.h"
#include "GameFramework/PlayerController.h"
#include "Materials/MaterialInstanceDynamic.h"
#include "MorphogenAxes.h"
#include "MorphogenImages.h"
#include "MorphogenSubsystem.h"
#include "ProceduralMeshComponent.h"
#include "morphogen/geometry/terrain.hpp"

namespace
{
	constexpr float SkirtM = 4.0f;

	FVector VectorOf(const std::array<float, 3>& Values)
	{
		return FVector(Values[0], Values[1], Values[2]);
	}

	/// The surface of a chunk; nothing if its files are not what they should be.
	std::optional<morphogen::TerrainMesh> MeshOf(const morphogen::Chunk& Chunk)
	{
		const morphogen::File* Description = Chunk.files.find("chunk");
		const morphogen::File* Height = Chunk.files.find("height");
		MorphogenImages::FPixels Pixels;
		if (Description == nullptr || Height == nullptr || !MorphogenImages::Decode(*Height, true, Pixels))
		{
			return std::nullopt;
		}
		const auto Described = morphogen::chunk_description(Description->data);
		std::vector<std::uint16_t> Heights(static_cast<std::size_t>(Pixels.Data.Num()) / sizeof(std::uint16_t));
		FMemory::Memcpy(Heights.data(), Pixels.Data.GetData(), Heights.size() * sizeof(std::uint16_t));
		return Described ? morphogen::terrain_mesh(*Described, Heights, SkirtM) : std::nullopt;
	}
}

AMorphogenWorld::AMorphogenWorld()
{
	PrimaryActorTick.bCanEverTick = true;
	RootComponent = CreateDefaultSubobject<USceneComponent>(TEXT("Root"));
}

void AMorphogenWorld::Explore()
{
	Stop();
	morphogen::ExploreStart Start;
	Start.landscape.emplace().seed = static_cast<std::uint32_t>(Seed);
	Start.view_distance_m = ViewDistanceM;
	Start.maps = {"height", "ground"};
	Thread = TMorphogenThread<morphogen::WorldStream>::Begin<AMorphogenWorld, morphogen::WorldEvent>(
		this, UMorphogenSubsystem::Client().explore_world(Start),
		[this](const morphogen::WorldEvent& Event) { Handle(Event); },
		[this](const std::optional<morphogen::Error>& Error)
		{
			if (Error)
			{
				OnFailed.Broadcast(UTF8_TO_TCHAR(Error->message.c_str()));
			}
		});
}

void AMorphogenWorld::Stop()
{
	Thread.reset();
	TArray<FIntPoint> Places;
	Chunks.GetKeys(Places);
	for (const FIntPoint& Place : Places)
	{
		Hide(Place);
	}
}

void AMorphogenWorld::Tick(float DeltaSeconds)
{
	Super::Tick(DeltaSeconds);
	const APlayerController* Player = GetWorld()->GetFirstPlayerController();
	const APawn* Pawn = Player != nullptr ? Player->GetPawn() : nullptr;
	if (Thread != nullptr && Pawn != nullptr)
	{
		const FVector Place = GetActorTransform().InverseTransformPosition(Pawn->GetActorLocation());
		const FVector Speed = GetActorTransform().InverseTransformVector(Pawn->GetVelocity());
		const auto Meters = MorphogenAxes::GroundMeters(Place.X, Place.Y);
		const auto MetersPerSecond = MorphogenAxes::GroundMeters(Speed.X, Speed.Y);
		Thread->Get().move({Meters[0], Meters[1], MetersPerSecond[0], MetersPerSecond[1]});
	}
}

void AMorphogenWorld::EndPlay(const EEndPlayReason::Type Reason)
{
	Stop();
	Super::EndPlay(Reason);
}

void AMorphogenWorld::Handle(const morphogen::WorldEvent& Event)
{
	if (const auto* Chunk = std::get_if<morphogen::Chunk>(&Event))
	{
		Show(*Chunk);
	}
	else if (const auto* Evicted = std::get_if<morphogen::Evicted>(&Event))
	{
		for (const morphogen::HeldChunk& Each : Evicted->chunks)
		{
			Hide(FIntPoint(Each.column, Each.row));
		}
	}
	else if (const auto* Settled = std::get_if<morphogen::Settled>(&Event))
	{
		OnSettled.Broadcast(static_cast<int32>(Settled->chunk_count));
	}
}

void AMorphogenWorld::Show(const morphogen::Chunk& Chunk)
{
	const auto Mesh = MeshOf(Chunk);
	const auto Described = morphogen::chunk_description(Chunk.files.find("chunk") != nullptr ? Chunk.files.find("chunk")->data : morphogen::Bytes());
	if (!Mesh || !Described)
	{
		OnFailed.Broadcast(TEXT("a chunk came whose files cannot be read"));
		return;
	}
	TArray<FVector> Vertices;
	TArray<FVector> Normals;
	TArray<FVector2D> Uvs;
	TArray<int32> Triangles;
	for (std::size_t Index = 0; Index < Mesh->positions_m.size(); ++Index)
	{
		Vertices.Add(VectorOf(MorphogenAxes::Position(Mesh->positions_m[Index])));
		Normals.Add(VectorOf(MorphogenAxes::Direction(Mesh->normals[Index])));
		Uvs.Add(FVector2D(Mesh->uvs[Index][0], Mesh->uvs[Index][1]));
	}
	for (const std::uint32_t Corner : Mesh->indices)
	{
		Triangles.Add(static_cast<int32>(Corner));
	}
	const FIntPoint Place(Chunk.column, Chunk.row);
	TObjectPtr<UProceduralMeshComponent>& Component = Chunks.FindOrAdd(Place);
	if (Component == nullptr)
	{
		Component = NewObject<UProceduralMeshComponent>(this);
		Component->SetupAttachment(RootComponent);
		Component->RegisterComponent();
		const auto Corner = MorphogenAxes::Position(std::array<double, 3>{Described->x_m, 0.0, Described->z_m});
		Component->SetRelativeLocation(FVector(Corner[0], Corner[1], Corner[2]));
	}
	Component->ClearAllMeshSections();
	Component->CreateMeshSection(0, Vertices, Triangles, Normals, Uvs, TArray<FColor>(), TArray<FProcMeshTangent>(), true);
	if (GroundMaterial != nullptr)
	{
		UMaterialInstanceDynamic* Material = UMaterialInstanceDynamic::Create(GroundMaterial, Component);
		const morphogen::File* Ground = Chunk.files.find("ground");
		if (UTexture2D* Shares = Ground != nullptr ? MorphogenImages::Texture(*Ground) : nullptr)
		{
			Material->SetTextureParameterValue(TEXT("ground"), Shares);
		}
		Component->SetMaterial(0, Material);
	}
}

void AMorphogenWorld::Hide(const FIntPoint& Place)
{
	TObjectPtr<UProceduralMeshComponent> Component;
	if (Chunks.RemoveAndCopyValue(Place, Component) && Component != nullptr)
	{
		Component->DestroyComponent();
	}
}
