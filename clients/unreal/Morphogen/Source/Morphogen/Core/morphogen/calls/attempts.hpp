// Copied from clients/cpp by copy_core.py. Do not edit.
// When failed calls are tried again, and how long a call may take in all.
#pragma once

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <random>
#include <utility>

#include "morphogen/calls/channel.hpp"

namespace morphogen {

/// When a failed call is tried again: after unavailable, and after overloaded as the server suggests.
struct RetryPolicy {
  /// Attempts without anything received in between; 1: none is repeated.
  int attempts = 6;
  /// The first wait; each further one is twice as long.
  std::chrono::milliseconds first_delay{100};
  std::chrono::milliseconds longest_delay{3000};
};

/// What one call is given.
struct CallOptions {
  /// Time that the call may take, its retries included; the server knows it. Absent: the client's own.
  std::optional<std::chrono::milliseconds> timeout;
  /// Ends the call from any thread.
  std::shared_ptr<Cancellation> cancellation;
};

/// The attempts at one call.
class Attempts {
 public:
  Attempts(RetryPolicy policy, Clock::time_point due, std::shared_ptr<Cancellation> outer)
      : policy_(policy), due_(due), own_(std::make_shared<Cancellation>()), watch_(std::move(outer), *own_) {}

  Clock::time_point due() const { return due_; }
  const std::shared_ptr<Cancellation>& cancellation() const { return own_; }

  /// Something came: the next failure is the first one again.
  void progress() { failures_ = 0; }

  /// Wait until the next attempt may begin; the error that the caller shall see if there is none.
  std::optional<Error> after(const Error& error) {
    if (own_->cancelled()) {
      return Error(ErrorKind::cancelled, "the call was cancelled");
    }
    const auto delay = delay_after(error);
    if (!delay || (due_ != no_deadline && Clock::now() + *delay >= due_)) {
      return error;
    }
    if (own_->wait_until(Clock::now() + *delay)) {
      return Error(ErrorKind::cancelled, "the call was cancelled");
    }
    return std::nullopt;
  }

 private:
  std::optional<std::chrono::milliseconds> delay_after(const Error& error) {
    const bool overloaded = error.is(ErrorKind::overloaded) && error.retry_after;
    if ((!error.is(ErrorKind::unavailable) && !overloaded) || ++failures_ >= policy_.attempts) {
      return std::nullopt;
    }
    const double factor = static_cast<double>(1 << std::min(failures_ - 1, 20));
    const double doubled = std::min(static_cast<double>(policy_.longest_delay.count()),
                                    static_cast<double>(policy_.first_delay.count()) * factor);
    // Clients that lost one server must not come back as one.
    thread_local std::minstd_rand random(std::random_device{}());
    const double share = std::uniform_real_distribution<double>(0.5, 1.0)(random);
    const std::chrono::milliseconds own(static_cast<std::int64_t>(doubled * share));
    return overloaded ? std::max(own, *error.retry_after) : own;
  }

  RetryPolicy policy_;
  Clock::time_point due_;
  std::shared_ptr<Cancellation> own_;
  Cancellation::Watch watch_;
  int failures_ = 0;
};

/// A call that its cancellation reaches as long as it lives.
class WatchedCall {
 public:
  WatchedCall(std::unique_ptr<Call> call, std::shared_ptr<Cancellation> by)
      : call_(std::move(call)), watch_(std::move(by), *call_) {}

  Call* operator->() const { return call_.get(); }
  Call& operator*() const { return *call_; }

 private:
  std::unique_ptr<Call> call_;
  Cancellation::Watch watch_;  // ends first
};

}  // namespace morphogen
