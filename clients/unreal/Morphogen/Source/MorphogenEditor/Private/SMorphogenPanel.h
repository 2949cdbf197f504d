#pragma once

#include "CoreMinimal.h"
#include "MorphogenThread.h"
#include "Widgets/SCompoundWidget.h"
#include "morphogen/client.hpp"

class SEditableTextBox;
class STextBlock;

/// Generates a material and saves its maps as assets in /Game/Morphogen.
class SMorphogenPanel final : public SCompoundWidget
{
public:
	SLATE_BEGIN_ARGS(SMorphogenPanel) {}
	SLATE_END_ARGS()

	void Construct(const FArguments& Arguments);

private:
	FReply Generate();
	void Save(const morphogen::TextureUpdate& Update);
	void Say(const FString& Text);

	TSharedPtr<SEditableTextBox> TextureClass;
	TSharedPtr<SEditableTextBox> Seed;
	TSharedPtr<STextBlock> Told;
	std::unique_ptr<TMorphogenThread<morphogen::TextureStream>> Thread;
};
