#include "MorphogenSubsystem.h"

#include "Engine/Engine.h"
#include "HttpModuleTransport.h"
#include "MorphogenSettings.h"

morphogen::MorphogenClient UMorphogenSubsystem::ClientOf(const FString& Url, const FString& Token)
{
	morphogen::ClientOptions Options;
	Options.token = TCHAR_TO_UTF8(*Token);
	return {std::make_shared<morphogen::GrpcWebChannel>(std::make_shared<FHttpModuleTransport>(), std::string(TCHAR_TO_UTF8(*Url)), Options.token), Options};
}

morphogen::MorphogenClient UMorphogenSubsystem::Client()
{
	const UMorphogenSubsystem* Subsystem = GEngine != nullptr ? GEngine->GetEngineSubsystem<UMorphogenSubsystem>() : nullptr;
	const UMorphogenSettings* Settings = GetDefault<UMorphogenSettings>();
	return Subsystem != nullptr && Subsystem->Shared.IsSet() ? Subsystem->Shared.GetValue() : ClientOf(Settings->Url, Settings->Token);
}

void UMorphogenSubsystem::Initialize(FSubsystemCollectionBase& Collection)
{
	Super::Initialize(Collection);
	const UMorphogenSettings* Settings = GetDefault<UMorphogenSettings>();
	Shared = ClientOf(Settings->Url, Settings->Token);
}

void UMorphogenSubsystem::Deinitialize()
{
	Shared.Reset();
	Super::Deinitialize();
}
