// Copied from clients/cpp by copy_core.py. Do not edit.
// The parts of one generating call, over as many connections as it takes.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "morphogen/calls/attempts.hpp"
#include "morphogen/streams/assembly.hpp"

namespace morphogen {

/// What wants to know of a stream's calls: whoever steers it. All on the reader's thread.
class CallObserver {
 public:
  virtual ~CallObserver() = default;
  virtual void call_opened(Call& call) = 0;
  virtual void header_came(const StreamHeader& header) = 0;
  /// The call ends after this: nobody may use it any more.
  virtual void call_closing() = 0;
  /// Why the observer has cancelled the call; nothing if it has not.
  virtual std::optional<Error> failure() const = 0;
};

/// Brings parts. One thread reads; `cancellation` reaches it from any.
class PartStream {
 public:
  /// Opens the call behind the part that brought the token; empty: from the start.
  using Open = std::function<Result<std::unique_ptr<Call>>(const Bytes& resume_token, Clock::time_point deadline)>;
  using Decode = std::optional<StreamPayload> (*)(const Bytes& message);

  PartStream(Open open, Decode decode, Attempts attempts, Bytes resume_token, bool gaps,
             CallObserver* observer = nullptr)
      : open_(std::move(open)),
        decode_(decode),
        attempts_(std::move(attempts)),
        assembler_(gaps, std::move(resume_token)),
        observer_(observer) {}
  PartStream(const PartStream&) = delete;
  PartStream& operator=(const PartStream&) = delete;
  ~PartStream() { close(); }

  /// Wait for the next part; nothing at the end, good or bad.
  std::optional<Part> next() {
    while (!assembler_.trailer() && !error_) {
      auto part = attempt();
      if (part && *part) {
        attempts_.progress();
        return std::move(*part);
      }
      close();
      if (!part && (!assembler_.trailer() || part.error().is(ErrorKind::broken_stream))) {
        auto refused = observer_ != nullptr ? observer_->failure() : std::nullopt;
        error_ = refused ? std::move(refused) : attempts_.after(part.error());
      }
    }
    return std::nullopt;
  }

  /// What was received must not be used: end with this error.
  void fail(Error error) {
    close();
    error_ = std::move(error);
  }

  const std::optional<Error>& error() const { return error_; }
  const std::optional<StreamHeader>& header() const { return assembler_.header(); }
  const std::optional<StreamTrailer>& trailer() const { return assembler_.trailer(); }
  const Bytes& resume_token() const { return assembler_.resume_token(); }
  const std::shared_ptr<Cancellation>& cancellation() const { return attempts_.cancellation(); }
  int attempt_count() const { return attempt_count_; }

 private:
  Result<std::optional<Part>> attempt() {
    if (!call_) {
      if (Clock::now() >= attempts_.due()) {
        return Error(ErrorKind::deadline_exceeded, "the call's time is up");
      }
      assembler_.restart();
      auto opened = open_(assembler_.resume_token(), attempts_.due());
      if (!opened) {
        return std::move(opened.error());
      }
      attempt_count_ += 1;
      call_.emplace(std::move(*opened), attempts_.cancellation());
      if (observer_ != nullptr) {
        observer_->call_opened(**call_);
      }
    }
    for (;;) {
      auto message = (*call_)->read();
      if (!message) {
        return std::move(message.error());
      }
      if (!*message) {
        return assembler_.trailer() ? Result<std::optional<Part>>(std::optional<Part>())
                                    : Error(ErrorKind::unavailable, "the stream ended without its trailer");
      }
      auto payload = decode_(**message);
      if (!payload) {
        return broken("the server sent a message that cannot be read");
      }
      const bool first = std::holds_alternative<StreamHeader>(*payload);
      auto part = assembler_.receive(std::move(*payload));
      if (!part || *part) {
        return part;
      }
      if (first && observer_ != nullptr) {
        observer_->header_came(*assembler_.header());
      }
    }
  }

  void close() {
    if (call_ && observer_ != nullptr) {
      observer_->call_closing();
    }
    call_.reset();
  }

  Open open_;
  Decode decode_;
  Attempts attempts_;
  StreamAssembler assembler_;
  CallObserver* observer_;
  std::optional<WatchedCall> call_;
  std::optional<Error> error_;
  int attempt_count_ = 0;
};

}  // namespace morphogen
