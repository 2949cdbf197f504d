using System.IO;
using UnrealBuildTool;

public class Morphogen : ModuleRules
{
	public Morphogen(ReadOnlyTargetRules Target) : base(Target)
	{
		PCHUsage = PCHUsageMode.UseExplicitOrSharedPCHs;
		CppStandard = CppStandardVersion.Cpp20;
		PublicIncludePaths.Add(Path.Combine(ModuleDirectory, "Core"));
		PublicDependencyModuleNames.AddRange(new[] { "Core", "CoreUObject", "Engine", "DeveloperSettings", "ProceduralMeshComponent" });
		PrivateDependencyModuleNames.AddRange(new[] { "HTTP", "ImageWrapper" });
	}
}
