// Copied from clients/cpp by copy_core.py. Do not edit.
// What a transport is to the rest: calls that bring one message after the other, and can be ended from any thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "morphogen/errors.hpp"
#include "morphogen/wire.hpp"

namespace morphogen {

using Clock = std::chrono::steady_clock;

/// For calls that take as long as they take.
inline constexpr Clock::time_point no_deadline = Clock::time_point::max();

/// Something that can be told to end. It must neither block nor come back to the one who told it.
class Cancellable {
 public:
  virtual ~Cancellable() = default;
  virtual void cancel() = 0;
};

/// Ends calls from any thread. One may be shared by several calls.
class Cancellation : public Cancellable {
 public:
  void cancel() override {
    const std::lock_guard<std::mutex> lock(mutex_);
    cancelled_ = true;
    for (Cancellable* each : watched_) {
      each->cancel();
    }
    changed_.notify_all();
  }

  bool cancelled() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return cancelled_;
  }

  /// Sleep, unless it is or gets cancelled; whether it is.
  bool wait_until(Clock::time_point time) {
    std::unique_lock<std::mutex> lock(mutex_);
    return changed_.wait_until(lock, time, [this] { return cancelled_; });
  }

  /// While it lives, cancelling reaches something.
  class Watch {
   public:
    Watch() = default;
    Watch(std::shared_ptr<Cancellation> by, Cancellable& watched) : by_(std::move(by)), watched_(&watched) {
      if (by_ != nullptr) {
        const std::lock_guard<std::mutex> lock(by_->mutex_);
        by_->watched_.push_back(watched_);
        if (by_->cancelled_) {
          watched_->cancel();
        }
      }
    }
    Watch(Watch&& other) noexcept : by_(std::move(other.by_)), watched_(std::exchange(other.watched_, nullptr)) {}
    Watch& operator=(Watch&& other) noexcept {
      std::swap(by_, other.by_);
      std::swap(watched_, other.watched_);
      return *this;
    }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
    ~Watch() {
      if (by_ != nullptr) {
        const std::lock_guard<std::mutex> lock(by_->mutex_);
        auto& all = by_->watched_;
        all.erase(std::find(all.begin(), all.end(), watched_));
      }
    }

   private:
    std::shared_ptr<Cancellation> by_;
    Cancellable* watched_ = nullptr;
  };

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Cancellable*> watched_;
  bool cancelled_ = false;
};

/// A running call. Its end ends the work on the server.
class Call : public Cancellable {
 public:
  /// Wait for the next message; nothing after the last one of a call that ended well. One thread reads.
  virtual Result<std::optional<Bytes>> read() = 0;

  /// Send a message, in a call that streams both ways; false once the call has ended. One thread writes.
  virtual bool write(const Bytes& message) = 0;

  /// There is nothing more to send.
  virtual void finish_writing() = 0;
};

/// Whether a client goes on sending after its first message.
enum class Sends { one_message, messages };

/// Opens calls. Any thread may.
class Channel {
 public:
  virtual ~Channel() = default;

  /// Whether calls can stream both ways.
  virtual bool duplex() const = 0;

  /// Begin a call with its first message, without waiting for the server.
  virtual Result<std::unique_ptr<Call>> open(const char* path, const Bytes& message, Sends sends,
                                             Clock::time_point deadline) = 0;
};

}  // namespace morphogen
