// What a case wants to be done while its stream runs.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "tally.hpp"

namespace conformance {

/// The steps in their order.
class Steps {
 public:
  explicit Steps(const morphogen::json::Value::Array& steps) : steps_(steps) {}

  /// When to cancel from outside.
  std::optional<std::chrono::milliseconds> cancel_after() const {
    for (const auto& step : steps_) {
      if (!step["afterMs"].is_null()) {
        return milliseconds(step["afterMs"]);
      }
    }
    return std::nullopt;
  }

  /// The next step, if its trigger has come.
  const morphogen::json::Value* due(const Tally& tally) {
    while (next_ < steps_.size() && !steps_[next_]["afterMs"].is_null()) {
      ++next_;
    }
    if (next_ == steps_.size()) {
      return nullptr;
    }
    const auto& step = steps_[next_];
    const bool come = reached(tally.settled(), step["afterSettled"]) || reached(tally.parts(), step["afterParts"]);
    next_ += come ? 1 : 0;
    return come ? &step : nullptr;
  }

 private:
  static bool reached(std::size_t count, const morphogen::json::Value& limit) {
    return !limit.is_null() && static_cast<double>(count) >= limit.number();
  }

  const morphogen::json::Value::Array& steps_;
  std::size_t next_ = 0;
};

/// Does something after a while, unless it ends before.
class Later {
 public:
  Later(std::optional<std::chrono::milliseconds> delay, std::function<void()> act) {
    if (delay) {
      thread_ = std::thread([this, delay, act = std::move(act)] {
        std::unique_lock<std::mutex> lock(mutex_);
        if (!changed_.wait_for(lock, *delay, [this] { return ending_; })) {
          act();
        }
      });
    }
  }
  Later(const Later&) = delete;
  Later& operator=(const Later&) = delete;
  ~Later() {
    if (thread_.joinable()) {
      {
        const std::lock_guard<std::mutex> lock(mutex_);
        ending_ = true;
      }
      changed_.notify_all();
      thread_.join();
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace conformance
