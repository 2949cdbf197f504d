#pragma once

#include "CoreMinimal.h"
#include "Subsystems/EngineSubsystem.h"
#include "morphogen/client.hpp"
#include "MorphogenSubsystem.generated.h"

/// The client of the server in the project's settings. C++ uses `Client()` directly; its calls wait, so not on the game
/// thread: `TMorphogenThread` reads a stream beside it.
UCLASS()
class MORPHOGEN_API UMorphogenSubsystem : public UEngineSubsystem
{
	GENERATED_BODY()

public:
	static morphogen::MorphogenClient Client();

	/// A client of another server.
	static morphogen::MorphogenClient ClientOf(const FString& Url, const FString& Token);

	virtual void Initialize(FSubsystemCollectionBase& Collection) override;
	virtual void Deinitialize() override;

private:
	TOptional<morphogen::MorphogenClient> Shared;
};
