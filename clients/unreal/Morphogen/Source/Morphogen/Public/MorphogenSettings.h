#pragma once

#include "CoreMinimal.h"
#include "Engine/DeveloperSettings.h"
#include "MorphogenSettings.generated.h"

/// Project Settings > Plugins > Morphogen.
UCLASS(Config = Game, DefaultConfig, meta = (DisplayName = "Morphogen"))
class MORPHOGEN_API UMorphogenSettings : public UDeveloperSettings
{
	GENERATED_BODY()

public:
	/// Of the server's web port.
	UPROPERTY(Config, EditAnywhere, Category = "Server")
	FString Url = TEXT("http://127.0.0.1:8080");

	/// Sent with every call; beyond this machine only by https. Whoever has the game has the token.
	UPROPERTY(Config, EditAnywhere, Category = "Server")
	FString Token;

	virtual FName GetCategoryName() const override { return TEXT("Plugins"); }
};
