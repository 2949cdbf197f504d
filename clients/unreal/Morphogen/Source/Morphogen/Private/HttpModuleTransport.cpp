#include "HttpModuleTransport.h"

#include <condition_variable>
#include <mutex>

#include "HttpModule.h"
#include "Interfaces/IHttpResponse.h"
#include "Misc/EngineVersionComparison.h"

namespace
{
	/// More than this does not wait for a reader that pauses: the connection is given up, and the stream goes on behind the
	/// last part when the reader does. The engine's stack cannot be held back.
	constexpr std::size_t WaitingMaxBytes = 64u << 20;

	/// What the HTTP thread and the reader share; whoever leaves last frees it.
	struct FExchangeState
	{
		std::mutex Mutex;
		std::condition_variable Changed;
		morphogen::Bytes Waiting;
		morphogen::Headers Headers;
		int Status = 0;
		bool bBodyBegan = false;
		bool bOver = false;
		bool bBroken = false;
		bool bCancelled = false;

		/// False once nobody wants more.
		bool Take(const void* Data, int64 Size)
		{
			const std::lock_guard<std::mutex> Lock(Mutex);
			const auto* From = static_cast<const std::uint8_t*>(Data);
			bBodyBegan = true;
			if (bCancelled || bBroken || Waiting.size() + static_cast<std::size_t>(Size) > WaitingMaxBytes)
			{
				bBroken = bOver = true;
				Changed.notify_all();
				return false;
			}
			Waiting.insert(Waiting.end(), From, From + Size);
			Changed.notify_all();
			return true;
		}

		void TakeHeader(const FString& Name, const FString& Value)
		{
			const std::lock_guard<std::mutex> Lock(Mutex);
			if (!bBodyBegan)  // from then on the reader looks at them
			{
				Headers.emplace_back(TCHAR_TO_UTF8(*Name.ToLower()), TCHAR_TO_UTF8(*Value));
			}
		}

		void TakeStatus(int32 Code)
		{
			const std::lock_guard<std::mutex> Lock(Mutex);
			Status = Code > 0 ? Code : Status;
		}

		void End(bool bWhole)
		{
			const std::lock_guard<std::mutex> Lock(Mutex);
			bBodyBegan = true;
			bBroken = bBroken || !bWhole;
			bOver = true;
			Changed.notify_all();
		}
	};

	class FExchange final : public morphogen::HttpExchange
	{
	public:
		explicit FExchange(morphogen::HttpRequest Asked)
			: Deadline(Asked.deadline), State(MakeShared<FExchangeState, ESPMode::ThreadSafe>()), Request(FHttpModule::Get().CreateRequest())
		{
			Request->SetURL(UTF8_TO_TCHAR(Asked.url.c_str()));
			Request->SetVerb(TEXT("POST"));
			for (const auto& [Name, Value] : Asked.headers)
			{
				Request->SetHeader(UTF8_TO_TCHAR(Name.c_str()), UTF8_TO_TCHAR(Value.c_str()));
			}
			Request->SetContent(TArray<uint8>(Asked.body.data(), static_cast<int32>(Asked.body.size())));
			Request->SetDelegateThreadPolicy(EHttpRequestDelegateThreadPolicy::CompleteOnHttpThread);
			// Streams may take as long as they take, and be silent meanwhile; the reader minds the deadline.
			Request->SetTimeout(0.0f);
			Request->SetActivityTimeout(0.0f);
			const TSharedRef<FExchangeState, ESPMode::ThreadSafe> Shared = State;
			Request->OnHeaderReceived().BindLambda([Shared](FHttpRequestPtr, const FString& Name, const FString& Value) { Shared->TakeHeader(Name, Value); });
			Request->OnProcessRequestComplete().BindLambda([Shared](FHttpRequestPtr, FHttpResponsePtr Response, bool bWhole)
			{
				Shared->TakeStatus(Response.IsValid() ? Response->GetResponseCode() : 0);
				Shared->End(bWhole);
			});
			BindBody(Shared);
			if (!Request->ProcessRequest())
			{
				State->End(false);
			}
		}

		virtual ~FExchange() override { cancel(); }

		virtual morphogen::Result<morphogen::Bytes> read() override
		{
			std::unique_lock<std::mutex> Lock(State->Mutex);
			const auto bReady = [this] { return !State->Waiting.empty() || State->bOver || State->bCancelled; };
			if (Deadline == morphogen::no_deadline)
			{
				State->Changed.wait(Lock, bReady);
			}
			else if (!State->Changed.wait_until(Lock, Deadline, bReady))
			{
				return morphogen::Error(morphogen::ErrorKind::deadline_exceeded, "the call's time is up");
			}
			if (State->bCancelled)
			{
				return morphogen::Error(morphogen::ErrorKind::cancelled, "the call was cancelled");
			}
			if (!State->Waiting.empty() || !State->bBroken)
			{
				return std::exchange(State->Waiting, morphogen::Bytes());
			}
			return morphogen::Error(morphogen::ErrorKind::unavailable, "the connection broke");
		}

		virtual int status() const override
		{
			const std::lock_guard<std::mutex> Lock(State->Mutex);
			return State->Status > 0 ? State->Status : 200;  // some stacks tell it at the end only
		}

		virtual const morphogen::Headers& headers() const override { return State->Headers; }

		virtual void cancel() override
		{
			{
				const std::lock_guard<std::mutex> Lock(State->Mutex);
				State->bCancelled = true;
				State->Changed.notify_all();
			}
			Request->CancelRequest();
		}

	private:
		void BindBody(const TSharedRef<FExchangeState, ESPMode::ThreadSafe>& Shared)
		{
			const TWeakPtr<IHttpRequest, ESPMode::ThreadSafe> Weak = Request;
			const auto TakeStatus = [Shared, Weak]
			{
				const TSharedPtr<IHttpRequest, ESPMode::ThreadSafe> Pinned = Weak.Pin();
				const FHttpResponsePtr Response = Pinned.IsValid() ? Pinned->GetResponse() : nullptr;
				Shared->TakeStatus(Response.IsValid() ? Response->GetResponseCode() : 0);
			};
#if UE_VERSION_OLDER_THAN(5, 6, 0)
			Request->SetResponseBodyReceiveStreamDelegate(FHttpRequestStreamDelegate::CreateLambda([Shared, TakeStatus](void* Data, int64 Size)
			{
				TakeStatus();
				return Shared->Take(Data, Size);
			}));
#else
			Request->SetResponseBodyReceiveStreamDelegateV2(FHttpRequestStreamDelegateV2::CreateLambda([Shared, TakeStatus](void* Data, int64& Size)
			{
				TakeStatus();
				if (!Shared->Take(Data, Size))
				{
					Size = 0;  // nothing was taken: that ends the request
				}
			}));
#endif
		}

		const morphogen::Clock::time_point Deadline;
		const TSharedRef<FExchangeState, ESPMode::ThreadSafe> State;
		const TSharedRef<IHttpRequest, ESPMode::ThreadSafe> Request;
	};
}

std::unique_ptr<morphogen::HttpExchange> FHttpModuleTransport::post(morphogen::HttpRequest Request)
{
	return std::make_unique<FExchange>(std::move(Request));
}
