// How a failed call becomes an error: only this file knows which canonical code and which google.rpc detail stands for
// what.
#pragma once

#include <chrono>
#include <cmath>
#include <string>
#include <string_view>

#include "morphogen/errors.hpp"
#include "morphogen/proto/google/rpc/error_details.hpp"
#include "morphogen/proto/google/rpc/status.hpp"

namespace morphogen {

/// The canonical codes, by their numbers.
enum class StatusCode : int {
  ok = 0,
  cancelled = 1,
  unknown = 2,
  invalid_argument = 3,
  deadline_exceeded = 4,
  not_found = 5,
  already_exists = 6,
  permission_denied = 7,
  resource_exhausted = 8,
  failed_precondition = 9,
  aborted = 10,
  out_of_range = 11,
  unimplemented = 12,
  internal = 13,
  unavailable = 14,
  data_loss = 15,
  unauthenticated = 16,
};

/// The name of a code, e.g. "data_loss".
inline const char* name_of(StatusCode code) {
  static constexpr const char* names[] = {
      "ok",        "cancelled",      "unknown",           "invalid_argument",   "deadline_exceeded",
      "not_found", "already_exists", "permission_denied", "resource_exhausted", "failed_precondition",
      "aborted",   "out_of_range",   "unimplemented",     "internal",           "unavailable",
      "data_loss", "unauthenticated"};
  const auto index = static_cast<std::size_t>(code);
  return index < sizeof names / sizeof *names ? names[index] : "unknown";
}

/// The kind that a code stands for.
inline ErrorKind kind_of(StatusCode code) {
  switch (code) {
    case StatusCode::invalid_argument:
    case StatusCode::out_of_range: return ErrorKind::invalid_request;
    case StatusCode::not_found: return ErrorKind::not_found;
    case StatusCode::resource_exhausted: return ErrorKind::overloaded;
    case StatusCode::unavailable: return ErrorKind::unavailable;
    case StatusCode::unauthenticated: return ErrorKind::unauthenticated;
    case StatusCode::permission_denied: return ErrorKind::permission_denied;
    case StatusCode::deadline_exceeded: return ErrorKind::deadline_exceeded;
    case StatusCode::cancelled: return ErrorKind::cancelled;
    case StatusCode::internal: return ErrorKind::generation;
    case StatusCode::unimplemented: return ErrorKind::unsupported;
    default: return ErrorKind::server;
  }
}

/// The detail within an Any, if it is of that type.
template <class Message>
std::optional<Message> detail(const google_protobuf::Any& any, std::string_view type) {
  const std::string_view url = any.type_url;
  const bool of_type = url.size() > type.size() && url.substr(url.size() - type.size()) == type &&
                       url[url.size() - type.size() - 1] == '/';
  return of_type ? decoded<Message>(any.value) : std::nullopt;
}

/// What a status means. `details` is a google.rpc.Status, or nothing.
inline Error error_of(StatusCode code, std::string message, const Bytes& details) {
  Error error(kind_of(code), message.empty() ? name_of(code) : std::move(message));
  error.code = name_of(code);
  const auto status = decoded<google_rpc::Status>(details);
  if (!status || details.empty() || status->code != static_cast<int>(code)) {
    return error;  // of another code: a proxy replaced it, and its word counts
  }
  for (const google_protobuf::Any& any : status->details) {
    if (auto info = detail<google_rpc::ErrorInfo>(any, "google.rpc.ErrorInfo")) {
      error.reason = info->reason;
      error.field = info->metadata["field"];
      error.value = info->metadata["value"];
      error.allowed = info->metadata["allowed"];
    } else if (auto retry = detail<google_rpc::RetryInfo>(any, "google.rpc.RetryInfo"); retry && retry->retry_delay) {
      const auto& delay = *retry->retry_delay;
      if (delay.seconds >= 0 && delay.seconds < 1'000'000 && delay.nanos >= 0) {
        error.retry_after = std::chrono::milliseconds(delay.seconds * 1000 + delay.nanos / 1'000'000);
      }
    }
  }
  return error;
}

}  // namespace morphogen
