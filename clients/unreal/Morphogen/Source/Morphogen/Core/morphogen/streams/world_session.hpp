// Copied from clients/cpp by copy_core.py. Do not edit.
// What a viewer tells its server while a stream of chunks runs: by calls that name the session, or into the call itself.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "morphogen/calls/unary.hpp"
#include "morphogen/proto/world.hpp"
#include "morphogen/streams/courier.hpp"

namespace morphogen {

/// Tells the server where the viewer is and what has arrived, while one call runs.
class WorldSession {
 public:
  WorldSession(std::shared_ptr<Channel> channel, std::shared_ptr<Cancellation> outer)
      : channel_(std::move(channel)), own_(std::make_shared<Cancellation>()), watch_(std::move(outer), *own_) {}
  WorldSession(const WorldSession&) = delete;
  WorldSession& operator=(const WorldSession&) = delete;
  ~WorldSession() { stop(); }

  const std::shared_ptr<Cancellation>& cancellation() const { return own_; }

  /// Controls can go out: by calls that name the session, or into the call itself.
  void begin(std::string session_id, Call* duplex_call) {
    session_id_ = std::move(session_id);
    duplex_call_ = duplex_call;
    courier_ = std::make_unique<Courier>([this] { return send(); });
    courier_->wake();
  }

  /// Nothing is sent any more.
  void stop() {
    own_->cancel();
    courier_.reset();
  }

  void move(const Viewer& viewer) {
    change([&] { viewer_ = viewer; });
  }
  void received() {
    change([&] { received_count_ += 1; });
  }
  void finish() {
    change([&] { finishing_ = true; });
  }

  /// Why a control was refused; that ends the stream.
  std::optional<Error> failure() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return failure_;
  }

 private:
  static constexpr std::chrono::seconds control_timeout{10};

  template <class Change>
  void change(const Change& apply) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      apply();
      news_ = true;
    }
    if (courier_ != nullptr) {
      courier_->wake();
    }
  }

  Courier::Outcome send() {
    std::unique_lock<std::mutex> lock(mutex_);
    if (!news_) {
      return Courier::Outcome::sent;
    }
    news_ = false;
    const std::optional<Viewer> viewer = std::exchange(viewer_, std::nullopt);
    const std::uint32_t received_count = received_count_;
    const bool finishing = finishing_;
    lock.unlock();
    return duplex_call_ != nullptr ? write(viewer, received_count, finishing) : call(viewer, received_count, finishing);
  }

  Courier::Outcome write(const std::optional<Viewer>& viewer, std::uint32_t received_count, bool finishing) {
    bool open = true;
    ExploreWorldRequest message;
    if (viewer) {
      message.payload = *viewer;
      open = duplex_call_->write(encoded(message));
    }
    while (open && granted_count_ < received_count) {
      const std::uint32_t chunk_count = std::min(received_count - granted_count_, std::uint32_t{64});
      message.payload = ExploreCredit{chunk_count};
      open = duplex_call_->write(encoded(message));
      granted_count_ += chunk_count;
    }
    if (open && finishing) {
      duplex_call_->finish_writing();
    }
    return open && !finishing ? Courier::Outcome::sent : Courier::Outcome::over;
  }

  Courier::Outcome call(const std::optional<Viewer>& viewer, std::uint32_t received_count, bool finishing) {
    ControlWorldRequest request;
    request.session_id = session_id_;
    request.control_number = ++control_number_;
    request.viewer = viewer;
    request.received_count = received_count;
    request.finish = finishing;
    const auto answer = call_once<WorldService::ControlWorld>(*channel_, request, Clock::now() + control_timeout, own_);
    if (answer) {
      return Courier::Outcome::sent;
    }
    const Error& error = answer.error();
    if (own_->cancelled() || error.kind == ErrorKind::not_found) {
      return Courier::Outcome::over;  // where the session has ended, its stream tells why
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    if (error.is(ErrorKind::unavailable) || error.is(ErrorKind::deadline_exceeded)) {
      news_ = true;  // controls may be sent again
      viewer_ = viewer_ ? viewer_ : viewer;
      return Courier::Outcome::again;
    }
    failure_ = error;
    own_->cancel();
    return Courier::Outcome::over;
  }

  std::shared_ptr<Channel> channel_;
  std::shared_ptr<Cancellation> own_;
  Cancellation::Watch watch_;
  std::string session_id_;
  Call* duplex_call_ = nullptr;
  std::uint64_t control_number_ = 0;
  std::uint32_t granted_count_ = 0;

  mutable std::mutex mutex_;
  std::optional<Viewer> viewer_;
  std::uint32_t received_count_ = 0;
  bool finishing_ = false;
  bool news_ = false;
  std::optional<Error> failure_;
  std::unique_ptr<Courier> courier_;
};

}  // namespace morphogen
