// Copied from clients/cpp by copy_core.py. Do not edit.
// Sends news beside a stream that is being read: a thread of its own, which sleeps while there are none.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace morphogen {

/// Calls `send` as often as there is news, one call at a time.
class Courier {
 public:
  /// What became of the news: sent; to be sent again after a moment; or nothing can be sent any more.
  enum class Outcome { sent, again, over };

  explicit Courier(std::function<Outcome()> send) : send_(std::move(send)), thread_([this] { run(); }) {}
  Courier(const Courier&) = delete;
  Courier& operator=(const Courier&) = delete;

  /// Whatever `send` waits for has to be cancelled before.
  ~Courier() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  /// There is news. Never waits.
  void wake() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      news_ = true;
    }
    changed_.notify_all();
  }

 private:
  static constexpr std::chrono::milliseconds pause{200};

  void run() {
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return news_ || stopping_; });
      if (stopping_) {
        return;
      }
      news_ = false;
      lock.unlock();
      const Outcome outcome = send_();
      lock.lock();
      if (outcome == Outcome::over) {
        return;
      }
      if (outcome == Outcome::again) {
        news_ = true;
        changed_.wait_for(lock, pause, [this] { return stopping_; });
      }
    }
  }

  std::function<Outcome()> send_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool news_ = false;
  bool stopping_ = false;
  std::thread thread_;  // starts when all else is there
};

}  // namespace morphogen
