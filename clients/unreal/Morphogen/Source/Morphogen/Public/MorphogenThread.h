// Reads a stream beside the game thread, and hands what comes to it.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "Async/Async.h"
#include "CoreMinimal.h"
#include "morphogen/errors.hpp"

/// One stream of Morphogen's client with a thread that reads it. Its end cancels the stream and waits for the thread,
/// which does not take longer than a read that is cancelled.
///
/// `Handle` runs on the game thread, with each update; `End` too, with why it ended: nothing if all came. Both run only
/// while the owner lives and has not let go of this.
template <class Stream>
class TMorphogenThread
{
public:
	template <class Owner, class Update, class Handle, class End>
	static std::unique_ptr<TMorphogenThread> Begin(Owner* Of, Stream Read, Handle OnUpdate, End OnEnd)
	{
		auto Thread = std::unique_ptr<TMorphogenThread>(new TMorphogenThread(std::move(Read)));
		const TSharedRef<FShared, ESPMode::ThreadSafe> Held = Thread->Shared;
		const TWeakObjectPtr<Owner> Weak(Of);
		Thread->Done = Async(EAsyncExecution::Thread, [Held, Weak, OnUpdate, OnEnd]
		{
			while (std::optional<Update> Next = Held->Read.next())
			{
				Held->Enter();
				AsyncTask(ENamedThreads::GameThread, [Held, Weak, OnUpdate, Came = std::make_shared<Update>(std::move(*Next))]
				{
					if (Held->Leave() && Weak.IsValid())
					{
						OnUpdate(*Came);
					}
				});
			}
			Held->Enter();
			AsyncTask(ENamedThreads::GameThread, [Held, Weak, OnEnd, Error = std::optional<morphogen::Error>(Held->Read.error())]
			{
				if (Held->Leave() && Weak.IsValid())
				{
					OnEnd(Error);
				}
			});
		});
		return Thread;
	}

	TMorphogenThread(const TMorphogenThread&) = delete;
	TMorphogenThread& operator=(const TMorphogenThread&) = delete;

	~TMorphogenThread()
	{
		Shared->LetGo();
		Shared->Read.cancel();
		if (Done.IsValid())
		{
			Done.Wait();
		}
	}

	/// To steer it: `move`, `steer` and the like may be called from here.
	Stream& Get() { return Shared->Read; }

private:
	/// The stream, and how far the game thread is behind its reader: few updates wait, so that the server is held back.
	struct FShared
	{
		static constexpr int WaitingMax = 4;

		explicit FShared(Stream Of) : Read(std::move(Of)) {}

		/// The reader's: one more update for the game thread.
		void Enter()
		{
			std::unique_lock<std::mutex> Lock(Mutex);
			Changed.wait(Lock, [this] { return Waiting < WaitingMax || bLetGo; });
			Waiting += 1;
		}

		/// The game thread's: it has come to an update. Whether anybody wants it.
		bool Leave()
		{
			const std::lock_guard<std::mutex> Lock(Mutex);
			Waiting -= 1;
			Changed.notify_all();
			return !bLetGo;
		}

		void LetGo()
		{
			const std::lock_guard<std::mutex> Lock(Mutex);
			bLetGo = true;
			Changed.notify_all();
		}

		Stream Read;

	private:
		std::mutex Mutex;
		std::condition_variable Changed;
		int Waiting = 0;
		bool bLetGo = false;
	};

	explicit TMorphogenThread(Stream Of) : Shared(MakeShared<FShared, ESPMode::ThreadSafe>(std::move(Of))) {}

	const TSharedRef<FShared, ESPMode::ThreadSafe> Shared;
	TFuture<void> Done;
};
