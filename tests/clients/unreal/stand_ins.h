// Stands in for the engine's headers, as far as the plugin uses them, so that its syntax and its types can be checked
// without the engine. Tests only; nothing here does anything.
#pragma once

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

using int32 = std::int32_t;
using int64 = std::int64_t;
using uint8 = std::uint8_t;
using SIZE_T = std::size_t;
using TCHAR = char16_t;

#define TEXT(text) u##text
#define UCLASS(...)
#define UPROPERTY(...)
#define UFUNCTION(...)
#define MORPHOGEN_API
#define IMPLEMENT_MODULE(kind, name) static kind name##Module;
#define check(condition) do { } while (false)
#define verify(condition) do { } while (false)
#define UTF8_TO_TCHAR(text) (std::string(text), u"")
#define TCHAR_TO_UTF8(text) ((void)(text), "")
#define UE_VERSION_OLDER_THAN(major, minor, patch) (STAND_IN_VERSION < (major) * 10000 + (minor) * 100 + (patch))
constexpr int32 INDEX_NONE = -1;

struct FString {
  FString() = default;
  FString(const TCHAR*) {}
  const TCHAR* operator*() const { return u""; }
  FString ToLower() const { return *this; }
  bool IsEmpty() const { return true; }
  template <class... Values>
  static FString Printf(const TCHAR*, Values...) { return {}; }
  friend FString operator+(const FString&, const FString&) { return {}; }
  friend FString operator/(const FString&, const FString&) { return {}; }
};
struct FName {
  FName() = default;
  FName(const TCHAR*) {}
};
struct FText {
  static FText FromString(const FString&) { return {}; }
  FString ToString() const { return {}; }
};
struct FCString { static int32 Atoi(const TCHAR*) { return 0; } };
struct FMath {
  template <class Number>
  static Number Max(Number a, Number b) { return a > b ? a : b; }
};
struct FMemory { static void Memcpy(void* to, const void* from, SIZE_T size) { std::memcpy(to, from, size); } };

template <class Value>
struct TArray {
  TArray() = default;
  TArray(const Value*, int32) {}
  void Add(Value) {}
  void Reset() {}
  int64 Num() const { return 0; }
  const Value* GetData() const { return nullptr; }
  Value* GetData() { return nullptr; }
  Value* begin() const { return nullptr; }
  Value* end() const { return nullptr; }
  Value& operator[](int32) { return *GetData(); }
};
template <class Value>
using TArray64 = TArray<Value>;
template <class Key, class Value>
struct TMap {
  const Value* Find(const Key&) const { return nullptr; }
  Value& FindOrAdd(const Key&) { static Value value; return value; }
  bool RemoveAndCopyValue(const Key&, Value&) { return false; }
  void GetKeys(TArray<Key>&) const {}
};
template <class Value>
struct TOptional {
  TOptional& operator=(Value value) { held = std::make_shared<Value>(std::move(value)); return *this; }
  bool IsSet() const { return held != nullptr; }
  const Value& GetValue() const { return *held; }
  void Reset() { held.reset(); }
  std::shared_ptr<Value> held;
};
enum class ESPMode { NotThreadSafe, ThreadSafe };
template <class Value, ESPMode = ESPMode::ThreadSafe>
struct TSharedPtr {
  TSharedPtr(std::nullptr_t = nullptr) {}
  bool IsValid() const { return held != nullptr; }
  Value* operator->() const { return held.get(); }
  std::shared_ptr<Value> held;
};
template <class Value, ESPMode = ESPMode::ThreadSafe>
struct TSharedRef {
  explicit TSharedRef(std::shared_ptr<Value> of) : held(std::move(of)) {}
  Value* operator->() const { return held.get(); }
  std::shared_ptr<Value> held;
};
template <class Value, ESPMode = ESPMode::ThreadSafe>
struct TWeakPtr {
  TWeakPtr(const TSharedRef<Value>&) {}
  TSharedPtr<Value> Pin() const { return nullptr; }
};
template <class Value, ESPMode mode = ESPMode::ThreadSafe, class... Arguments>
TSharedRef<Value> MakeShared(Arguments&&... arguments) {
  return TSharedRef<Value>(std::make_shared<Value>(std::forward<Arguments>(arguments)...));
}
template <class Value>
struct TObjectPtr {
  TObjectPtr(Value* of = nullptr) : held(of) {}
  operator Value*() const { return held; }
  Value* operator->() const { return held; }
  Value* held;
};
template <class Value>
struct TWeakObjectPtr {
  explicit TWeakObjectPtr(Value*) {}
  bool IsValid() const { return true; }
};

template <class Signature>
struct TDelegate {
  template <class Act>
  static TDelegate CreateLambda(Act act) { (void)act; static_assert(TDelegate::template fits<Act>(static_cast<Signature*>(nullptr))); return {}; }
  template <class Act>
  void BindLambda(Act act) { CreateLambda(std::move(act)); }
  template <class Act, class Result, class... Arguments>
  static constexpr bool fits(Result (*)(Arguments...)) { return std::is_invocable_r_v<Result, Act, Arguments...>; }
};
template <class... Arguments>
struct TMulticast {
  void Broadcast(std::common_type_t<Arguments>...) {}
  template <class Owner>
  void AddDynamic(Owner*, void (Owner::*)(Arguments...)) {}
  template <class Owner>
  void RemoveDynamic(Owner*, void (Owner::*)(Arguments...)) {}
};
#define DECLARE_DYNAMIC_MULTICAST_DELEGATE_OneParam(name, a, an) using name = TMulticast<a>
#define DECLARE_DYNAMIC_MULTICAST_DELEGATE_TwoParams(name, a, an, b, bn) using name = TMulticast<a, b>
#define DECLARE_DYNAMIC_MULTICAST_DELEGATE_ThreeParams(name, a, an, b, bn, c, cn) using name = TMulticast<a, b, c>

template <class Value>
struct TFuture {
  bool IsValid() const { return true; }
  void Wait() const {}
};
enum class EAsyncExecution { Thread };
namespace ENamedThreads { enum Type { GameThread }; }
template <class Act>
auto Async(EAsyncExecution, Act act) { const std::is_copy_constructible<Act> copies; static_assert(copies); return TFuture<decltype(act())>(); }
template <class Act>
void AsyncTask(ENamedThreads::Type, Act act) { static_assert(std::is_copy_constructible_v<Act>); if (false) { act(); } }

struct FVector {
  FVector(double x = 0, double y = 0, double z = 0) : X(x), Y(y), Z(z) {}
  double X, Y, Z;
};
struct FVector2D { FVector2D(double, double) {} };
struct FColor {};
struct FIntPoint { FIntPoint(int32 = 0, int32 = 0) {} };
struct FQuat {
  FQuat(double = 0, double = 0, double = 0, double = 1) {}
  friend FQuat operator*(const FQuat&, const FQuat&) { return {}; }
};
struct FTransform {
  FTransform() = default;
  FTransform(const FQuat&, const FVector&) {}
  FQuat GetRotation() const { return {}; }
  FVector InverseTransformPosition(const FVector& place) const { return place; }
  FVector InverseTransformVector(const FVector& vector) const { return vector; }
};

class UObject {
 public:
  virtual ~UObject() = default;
  virtual void BeginDestroy() {}
  virtual void PostEditChange() {}
};
enum EObjectFlags { RF_Public = 1, RF_Standalone = 2 };
inline EObjectFlags operator|(EObjectFlags a, EObjectFlags b) { return static_cast<EObjectFlags>(static_cast<int>(a) | static_cast<int>(b)); }
class UPackage : public UObject { public: void MarkPackageDirty() {} };
inline UPackage* CreatePackage(const TCHAR*) { return nullptr; }
template <class Kind>
Kind* NewObject(UObject* = nullptr, FName = {}, EObjectFlags = RF_Public) { return nullptr; }
template <class Kind>
const Kind* GetDefault() { static const Kind kind; return &kind; }
template <class Kind>
Kind* GetMutableDefault() { static Kind kind; return &kind; }

struct FSubsystemCollectionBase {};
class UEngineSubsystem : public UObject {
 public:
  virtual void Initialize(FSubsystemCollectionBase&) {}
  virtual void Deinitialize() {}
};
class UDeveloperSettings : public UObject { public: virtual FName GetCategoryName() const { return {}; } };
class UBlueprintAsyncActionBase : public UObject {
 public:
  virtual void Activate() {}
  void RegisterWithGameInstance(UObject*) {}
  void SetReadyToDestroy() {}
};

class UMaterialInterface : public UObject {};
enum EPixelFormat { PF_B8G8R8A8 };
enum TextureCompressionSettings { TC_Default, TC_Normalmap, TC_Masks, TC_VectorDisplacementmap };
enum ETextureSourceFormat { TSF_BGRA8 };
enum EBulkDataLock { LOCK_READ_WRITE };
struct FBulkData { void* Lock(EBulkDataLock) { return nullptr; } void Unlock() {} };
struct FTexture2DMipMap { FBulkData BulkData; };
struct FTexturePlatformData { TArray<FTexture2DMipMap> Mips; };
struct FTextureSource { void Init(int32, int32, int32, int32, ETextureSourceFormat, const uint8*) {} };
class UTexture : public UObject {
 public:
  bool SRGB = false;
  bool bFlipGreenChannel = false;
  TextureCompressionSettings CompressionSettings{};
  FTextureSource Source;
};
class UTexture2D : public UTexture {
 public:
  static UTexture2D* CreateTransient(int32, int32, EPixelFormat) { return nullptr; }
  FTexturePlatformData* GetPlatformData() { return nullptr; }
  void UpdateResource() {}
};
class UMaterialInstanceDynamic : public UMaterialInterface {
 public:
  static UMaterialInstanceDynamic* Create(UMaterialInterface*, UObject*) { return nullptr; }
  void SetTextureParameterValue(FName, UTexture*) {}
};

struct FTickFunction { bool bCanEverTick = false; };
namespace EEndPlayReason { enum Type { Destroyed }; }
class USceneComponent : public UObject {
 public:
  void SetupAttachment(USceneComponent*) {}
  void RegisterComponent() {}
  void DestroyComponent() {}
  void SetRelativeLocation(FVector) {}
};
class APawn;
class APlayerController;
class UWorld : public UObject {
 public:
  APlayerController* GetFirstPlayerController() const { return nullptr; }
  template <class Kind>
  Kind* SpawnActor() { return nullptr; }
};
class AActor : public UObject {
 public:
  virtual void Tick(float) {}
  virtual void EndPlay(const EEndPlayReason::Type) {}
  UWorld* GetWorld() const { return nullptr; }
  const FTransform& GetActorTransform() const { static FTransform transform; return transform; }
  FVector GetActorLocation() const { return {}; }
  FVector GetVelocity() const { return {}; }
  template <class Kind>
  Kind* CreateDefaultSubobject(FName) { return nullptr; }
  FTickFunction PrimaryActorTick;
  TObjectPtr<USceneComponent> RootComponent;
};
class APawn : public AActor {};
class APlayerController : public AActor { public: APawn* GetPawn() const { return nullptr; } };
enum class EGetWorldErrorMode { LogAndReturnNull };
class UEngine : public UObject {
 public:
  template <class Kind>
  Kind* GetEngineSubsystem() { return nullptr; }
  UWorld* GetWorldFromContextObject(const UObject*, EGetWorldErrorMode) const { return nullptr; }
};
inline UEngine* GEngine = nullptr;
struct FProcMeshTangent {};
class UProceduralMeshComponent : public USceneComponent {
 public:
  void ClearAllMeshSections() {}
  void CreateMeshSection(int32, const TArray<FVector>&, const TArray<int32>&, const TArray<FVector>&, const TArray<FVector2D>&,
                         const TArray<FColor>&, const TArray<FProcMeshTangent>&, bool) {}
  void SetMaterial(int32, UMaterialInterface*) {}
};
struct FReferenceSkeleton {
  int32 FindBoneIndex(const FName&) const { return INDEX_NONE; }
  FName GetBoneName(int32) const { return {}; }
};
class USkinnedAsset : public UObject { public: const FReferenceSkeleton& GetRefSkeleton() const { static FReferenceSkeleton bones; return bones; } };
struct FAnimationRuntime { static FTransform GetComponentSpaceTransformRefPose(const FReferenceSkeleton&, int32) { return {}; } };
namespace EBoneSpaces { enum Type { ComponentSpace }; }
class UPoseableMeshComponent : public USceneComponent {
 public:
  USkinnedAsset* GetSkinnedAsset() const { return nullptr; }
  void SetBoneTransformByName(FName, const FTransform&, EBoneSpaces::Type) {}
};

class IModuleInterface {
 public:
  virtual ~IModuleInterface() = default;
  virtual void StartupModule() {}
  virtual void ShutdownModule() {}
};
class FDefaultModuleImpl : public IModuleInterface {};
enum class EImageFormat { PNG };
enum class ERGBFormat { BGRA, Gray };
class IImageWrapper {
 public:
  bool SetCompressed(const void*, int64) { return false; }
  int64 GetWidth() const { return 0; }
  int64 GetHeight() const { return 0; }
  bool GetRaw(ERGBFormat, int32, TArray64<uint8>&) { return false; }
};
class IImageWrapperModule : public IModuleInterface { public: TSharedPtr<IImageWrapper> CreateImageWrapper(EImageFormat) { return nullptr; } };
struct FModuleManager {
  template <class Kind>
  static Kind& LoadModuleChecked(FName) { static Kind kind; return kind; }
};

class IHttpRequest;
class IHttpResponse;
using FHttpRequestPtr = TSharedPtr<IHttpRequest>;
using FHttpResponsePtr = TSharedPtr<IHttpResponse>;
class IHttpResponse { public: int32 GetResponseCode() const { return 0; } };
enum class EHttpRequestDelegateThreadPolicy { CompleteOnHttpThread };
using FHttpRequestStreamDelegate = TDelegate<bool(void*, int64)>;
using FHttpRequestStreamDelegateV2 = TDelegate<void(void*, int64&)>;
class IHttpRequest {
 public:
  void SetURL(const FString&) {}
  void SetVerb(const FString&) {}
  void SetHeader(const FString&, const FString&) {}
  void SetContent(TArray<uint8>&&) {}
  void SetDelegateThreadPolicy(EHttpRequestDelegateThreadPolicy) {}
  void SetTimeout(float) {}
  void SetActivityTimeout(float) {}
  TDelegate<void(FHttpRequestPtr, const FString&, const FString&)>& OnHeaderReceived() { static TDelegate<void(FHttpRequestPtr, const FString&, const FString&)> delegate; return delegate; }
  TDelegate<void(FHttpRequestPtr, FHttpResponsePtr, bool)>& OnProcessRequestComplete() { static TDelegate<void(FHttpRequestPtr, FHttpResponsePtr, bool)> delegate; return delegate; }
#if STAND_IN_VERSION < 50600
  bool SetResponseBodyReceiveStreamDelegate(FHttpRequestStreamDelegate) { return true; }
#else
  bool SetResponseBodyReceiveStreamDelegateV2(FHttpRequestStreamDelegateV2) { return true; }
#endif
  bool ProcessRequest() { return true; }
  void CancelRequest() {}
  const FHttpResponsePtr GetResponse() const { return nullptr; }
};
class FHttpModule {
 public:
  static FHttpModule& Get() { static FHttpModule module; return module; }
  TSharedRef<IHttpRequest> CreateRequest() { return MakeShared<IHttpRequest>(); }
};

// Slate, as far as a small panel takes it.
struct FReply { static FReply Handled() { return {}; } };
struct SWidget { virtual ~SWidget() = default; };
#define SLATE_BEGIN_ARGS(kind) struct FArguments { FArguments()
#define SLATE_END_ARGS() };
struct FSlot { template <class Widget> FSlot& operator[](Widget&&) { return *this; } FSlot& AutoHeight() { return *this; } };
struct SCompoundWidget : SWidget { FSlot ChildSlot; };
template <class Kind>
struct TDeclared {
  TDeclared& Text(const FText&) { return *this; }
  template <class Owner>
  TDeclared& OnClicked(Owner*, FReply (Owner::*)()) { return *this; }
  template <class Role>
  TDeclared& TabRole(Role) { return *this; }
  TDeclared& operator+(FSlot&) { return *this; }
  TDeclared& operator+(FSlot&&) { return *this; }
  template <class Widget>
  TSharedRef<Kind> operator[](Widget&&) { return TSharedRef<Kind>(nullptr); }
};
#define SNew(kind) TDeclared<kind>()
#define SAssignNew(to, kind) ((void)(to = TSharedPtr<kind>()), TDeclared<kind>())
struct SVerticalBox : SWidget { static FSlot Slot() { return {}; } };
struct SButton : SWidget {};
struct SEditableTextBox : SWidget { FText GetText() const { return {}; } };
struct STextBlock : SWidget { void SetText(const FText&) {} };
enum class ETabRole { NomadTab };
struct SDockTab : SWidget {};
struct FSpawnTabArgs {};
using FOnSpawnTab = TDelegate<TSharedRef<SDockTab>(const FSpawnTabArgs&)>;
struct FTabSpawnerEntry { FTabSpawnerEntry& SetDisplayName(const FText&) { return *this; } };
struct FGlobalTabmanager {
  static TSharedRef<FGlobalTabmanager> Get() { return MakeShared<FGlobalTabmanager>(); }
  FTabSpawnerEntry& RegisterNomadTabSpawner(FName, FOnSpawnTab) { static FTabSpawnerEntry entry; return entry; }
  void UnregisterNomadTabSpawner(FName) {}
};
struct FAssetRegistryModule { static void AssetCreated(UObject*) {} };
