// Copied from clients/cpp by copy_core.py. Do not edit.
// Calls with one answer.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "morphogen/calls/attempts.hpp"

namespace morphogen {

/// One attempt at a call with one answer.
template <class Method>
Result<typename Method::Response> call_once(Channel& channel, const typename Method::Request& request,
                                            Clock::time_point deadline, const std::shared_ptr<Cancellation>& by) {
  auto opened = channel.open(Method::path, encoded(request), Sends::one_message, deadline);
  if (!opened) {
    return std::move(opened.error());
  }
  const WatchedCall call(std::move(*opened), by);
  auto message = call->read();
  if (!message) {
    return std::move(message.error());
  }
  if (!*message) {
    return Error(ErrorKind::broken_stream, "the server answered with nothing");
  }
  auto answer = decoded<typename Method::Response>(**message);
  if (!answer) {
    return Error(ErrorKind::broken_stream, "the server sent a message that cannot be read");
  }
  auto end = call->read();
  if (!end) {
    return std::move(end.error());
  }
  return std::move(*answer);
}

/// A call with one answer, tried again where that makes sense.
template <class Method>
Result<typename Method::Response> call(Channel& channel, const typename Method::Request& request, Attempts attempts) {
  for (;;) {
    if (Clock::now() >= attempts.due()) {
      return Error(ErrorKind::deadline_exceeded, "the call's time is up");
    }
    auto answer = call_once<Method>(channel, request, attempts.due(), attempts.cancellation());
    if (answer) {
      return answer;
    }
    if (auto final = attempts.after(answer.error())) {
      return std::move(*final);
    }
  }
}

}  // namespace morphogen
