#include "Framework/Docking/TabManager.h"
#include "Modules/ModuleManager.h"
#include "SMorphogenPanel.h"
#include "Widgets/Docking/SDockTab.h"

/// Window > Morphogen.
class FMorphogenEditorModule final : public IModuleInterface
{
public:
	virtual void StartupModule() override
	{
		FGlobalTabmanager::Get()
			->RegisterNomadTabSpawner(TabName, FOnSpawnTab::CreateLambda([](const FSpawnTabArgs&)
			{
				return SNew(SDockTab).TabRole(ETabRole::NomadTab)[SNew(SMorphogenPanel)];
			}))
			.SetDisplayName(FText::FromString(TEXT("Morphogen")));
	}

	virtual void ShutdownModule() override { FGlobalTabmanager::Get()->UnregisterNomadTabSpawner(TabName); }

private:
	const FName TabName = TEXT("Morphogen");
};

IMPLEMENT_MODULE(FMorphogenEditorModule, MorphogenEditor)
