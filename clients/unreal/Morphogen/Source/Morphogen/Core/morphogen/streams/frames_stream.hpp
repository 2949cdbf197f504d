// Copied from clients/cpp by copy_core.py. Do not edit.
// A character live: frames come, controls go.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "morphogen/calls/unary.hpp"
#include "morphogen/streams/asset_stream.hpp"
#include "morphogen/streams/courier.hpp"
#include "morphogen/streams/frames.hpp"

namespace morphogen {

/// Brings a client's controls to the server, over as many connections as it takes: a control is kept until a frame
/// shows it, and goes out again after a reconnection.
///
/// The client counts its controls from 1, the server those of the whole character: a stream that continues an earlier
/// one begins with `base_` of them.
class Steering final : public CallObserver {
 public:
  static constexpr std::size_t waiting_max = 1024;
  static constexpr std::uint32_t controls_per_call = 64;

  /// `base_known`: nothing came before this stream.
  Steering(std::shared_ptr<Channel> channel, std::shared_ptr<Cancellation> outer, bool duplex, bool base_known)
      : channel_(std::move(channel)), outer_(std::move(outer)), duplex_(duplex), base_known_(base_known) {}

  /// The control's number, from 1.
  Result<std::uint32_t> steer(CharacterControl control) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (waiting_.size() >= waiting_max) {
      return Error(ErrorKind::overloaded, std::to_string(waiting_max) + " controls wait to be shown");
    }
    waiting_.push_back(std::move(control));
    wake();
    return first_waiting_ + static_cast<std::uint32_t>(waiting_.size()) - 1;
  }

  void want_keyframe() {
    const std::lock_guard<std::mutex> lock(mutex_);
    keyframe_ = true;
    wake();
  }

  /// The reader is done with a frame: there is room for another one.
  void grant() {
    const std::lock_guard<std::mutex> lock(mutex_);
    credit_ += 1;
    wake();
  }

  /// A frame shows so many controls; in numbers of this client.
  std::uint32_t shown(std::uint32_t control_count) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!base_known_) {
      base_ = control_count;
      base_known_ = true;
      wake();
    }
    const std::uint32_t own = control_count - std::min(control_count, base_);
    while (!waiting_.empty() && first_waiting_ <= own) {
      waiting_.pop_front();
      first_waiting_ += 1;
    }
    sent_ = std::max(sent_, first_waiting_ - 1);
    return own;
  }

  /// Why a control was refused; that ends the stream.
  std::optional<Error> failure() const override {
    const std::lock_guard<std::mutex> lock(mutex_);
    return failure_;
  }

  void call_opened(Call& call) override {
    call_ = &call;
    if (duplex_) {
      begin({});
    }
  }

  void header_came(const StreamHeader& header) override {
    if (!duplex_) {
      begin(header.session_id);
    }
  }

  void call_closing() override {
    if (own_ != nullptr) {
      own_->cancel();
    }
    if (call_ != nullptr) {
      call_->cancel();  // a write may wait for it
    }
    std::unique_ptr<Courier> last;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      last = std::move(courier_);
    }
    last.reset();
    call_ = nullptr;
  }

 private:
  static constexpr std::chrono::seconds control_timeout{10};

  void wake() {
    if (courier_ != nullptr && base_known_) {
      courier_->wake();
    }
  }

  void begin(std::string session_id) {
    const std::lock_guard<std::mutex> lock(mutex_);
    session_id_ = std::move(session_id);
    own_ = std::make_shared<Cancellation>();
    watch_ = Cancellation::Watch(outer_, *own_);
    sent_ = first_waiting_ - 1;
    credit_ = 0;
    courier_ = std::make_unique<Courier>([this] { return duplex_ ? write() : call(); });
    if (!waiting_.empty() || keyframe_) {
      wake();
    }
  }

  Courier::Outcome write() {
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      StreamFramesRequest message;
      if (sent_ + 1 < first_waiting_ + waiting_.size()) {
        message.payload = waiting_[sent_ + 1 - first_waiting_];
        sent_ += 1;
      } else if (std::exchange(keyframe_, false)) {
        message.payload = FramesKeyframe();
      } else if (credit_ > 0) {  // at last: what it makes room for shows the controls
        message.payload = FramesCredit{std::min(std::exchange(credit_, 0u), 64u)};
      } else {
        return Courier::Outcome::sent;
      }
      lock.unlock();
      if (!call_->write(encoded(message))) {
        return Courier::Outcome::over;
      }
      lock.lock();
    }
  }

  Courier::Outcome call() {
    std::unique_lock<std::mutex> lock(mutex_);
    ControlSessionRequest request;
    request.session_id = session_id_;
    request.first_number = base_ + sent_ + 1;
    request.keyframe = keyframe_;
    for (std::size_t at = sent_ + 1 - first_waiting_;
         at < waiting_.size() && request.controls.size() < controls_per_call; ++at) {
      request.controls.push_back(waiting_[at]);
    }
    if (request.controls.empty() && !request.keyframe) {
      return Courier::Outcome::sent;
    }
    const std::uint32_t last = sent_ + static_cast<std::uint32_t>(request.controls.size());
    lock.unlock();
    auto answer = call_once<CharacterService::ControlSession>(*channel_, request, Clock::now() + control_timeout, own_);
    lock.lock();
    if (answer) {
      sent_ = std::max(sent_, last);
      keyframe_ = keyframe_ && !request.keyframe;
      const bool more = sent_ + 1 < first_waiting_ + waiting_.size();
      if (more && courier_ != nullptr) {
        courier_->wake();
      }
      return Courier::Outcome::sent;
    }
    const Error& error = answer.error();
    if (own_->cancelled() || error.kind == ErrorKind::not_found) {
      return Courier::Outcome::over;  // where the session has ended, its stream tells why
    }
    if (error.is(ErrorKind::unavailable) || error.is(ErrorKind::deadline_exceeded)) {
      return Courier::Outcome::again;
    }
    failure_ = error;
    call_->cancel();
    return Courier::Outcome::over;
  }

  std::shared_ptr<Channel> channel_;
  std::shared_ptr<Cancellation> outer_;
  const bool duplex_;
  Call* call_ = nullptr;
  std::shared_ptr<Cancellation> own_;
  Cancellation::Watch watch_;

  mutable std::mutex mutex_;
  std::string session_id_;
  std::deque<CharacterControl> waiting_;  // that no frame has shown
  std::uint32_t first_waiting_ = 1;
  std::uint32_t sent_ = 0;
  std::uint32_t credit_ = 0;
  bool keyframe_ = false;
  std::uint32_t base_ = 0;
  bool base_known_;
  std::optional<Error> failure_;
  std::unique_ptr<Courier> courier_;
};

/// Frames of a character. Read it from one thread; `steer` and `cancel` it from any. Its end cancels what still runs.
class FramesStream {
 public:
  FramesStream(std::unique_ptr<Steering> steering, std::unique_ptr<PartStream> parts, bool grants)
      : steering_(std::move(steering)), parts_(std::move(parts)), grants_(grants) {}
  FramesStream(FramesStream&&) = default;
  FramesStream& operator=(FramesStream&& other) noexcept {
    parts_ = std::move(other.parts_);  // first: it uses the other
    steering_ = std::move(other.steering_);
    return *this;
  }

  /// Wait for the next frame; nothing at the end, and then `error` says whether that was good or bad.
  std::optional<Frame> next() {
    if (std::exchange(ungranted_, false) && grants_) {
      steering_->grant();
    }
    while (auto part = parts_->next()) {
      if (part->map == "description") {
        description_ = file_of(std::move(*part));
        if (grants_) {
          steering_->grant();
        }
        continue;
      }
      const auto number = number_of(*part);
      auto frame = number ? frame_of(std::move(*part), *number)
                          : Result<Frame>(broken("the header does not say which frame is the first"));
      if (frame) {
        frame->control_count = steering_->shown(frame->control_count);
        frame->description = description_;
        ungranted_ = true;
        return std::move(*frame);
      }
      parts_->fail(std::move(frame.error()));
    }
    return std::nullopt;
  }

  /// Tell the character something; it shows in the next frame that is made: the first whose `control_count` is at least
  /// the number that comes back.
  Result<std::uint32_t> steer(CharacterControl control) { return steering_->steer(std::move(control)); }

  /// The next frame of a video shall stand for itself.
  void want_keyframe() { steering_->want_keyframe(); }

  /// Why it ended; nothing while it runs, and if all came.
  std::optional<Error> error() const { return parts_->error(); }

  /// Read what is left, and give the whole: header, digest and description.
  Result<AssetResult> result() {
    while (next()) {
    }
    Files files;
    if (description_ != nullptr) {
      files.put(description_);
    }
    return result_of(*parts_, files);
  }

  /// End it: the server stops within a step. Harmless when repeated.
  void cancel() { parts_->cancellation()->cancel(); }

  const std::optional<StreamHeader>& header() const { return parts_->header(); }
  const Bytes& resume_token() const { return parts_->resume_token(); }
  int attempt_count() const { return parts_->attempt_count(); }

 private:
  std::optional<std::uint32_t> number_of(const Part& part) {
    if (!first_frame_) {
      const auto request = json::parsed(parts_->header()->canonical_request);
      const double first = request ? (*request)["first_frame"].number() : std::nan("");
      if (!(first >= 0 && first <= 4e9)) {
        return std::nullopt;
      }
      first_frame_ = static_cast<std::uint32_t>(first);
    }
    return *first_frame_ + part.sequence - 1;
  }

  std::unique_ptr<Steering> steering_;
  std::unique_ptr<PartStream> parts_;  // ends first
  bool grants_;
  bool ungranted_ = false;
  FilePtr description_;
  std::optional<std::uint32_t> first_frame_;
};

}  // namespace morphogen
