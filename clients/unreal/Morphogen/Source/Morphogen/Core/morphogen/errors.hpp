// Copied from clients/cpp by copy_core.py. Do not edit.
// What can go wrong, as values: nothing here throws.
#pragma once

#include <cassert>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace morphogen {

/// Kinds of errors. Some lie within others: `Error::is` knows.
enum class ErrorKind {
  /// The request names something that does not exist or lies outside its range; sending it again is pointless.
  invalid_request,
  /// Within invalid_request: there is no generator, or no running session, of that name.
  not_found,
  /// The server is full, or cannot make this within the call's time beside what it has promised to others.
  overloaded,
  /// The server cannot be reached, is starting or is draining, or the connection broke; another attempt may succeed.
  unavailable,
  /// The server wants a token, or refused the one it was given.
  unauthenticated,
  /// Within unauthenticated: the caller is known, and may not do this.
  permission_denied,
  /// The call's time was up before its last message.
  deadline_exceeded,
  /// The call was cancelled, here or by the server.
  cancelled,
  /// The generator failed on the server.
  generation,
  /// Any other failed call.
  server,
  /// Within server: this server does not have that call, or not the way it runs now.
  unsupported,
  /// The messages of a stream do not fit together. What was received before must not be used.
  broken_stream,
  /// Within broken_stream: bytes do not have the SHA-256 that the server announced, or changed between two attempts.
  checksum_mismatch,
};

/// Why something failed.
struct Error {
  ErrorKind kind = ErrorKind::server;
  /// One line for a person.
  std::string message;
  /// Of an invalid request: its dotted field, what was given, and what is accepted in words.
  std::string field;
  std::string value;
  std::string allowed;
  /// Of an overloaded server: the wait that it suggests.
  std::optional<std::chrono::milliseconds> retry_after;
  /// The canonical code where a server answered, e.g. "data_loss".
  std::string code;
  /// Why, if the server said so: of deadline_exceeded "IDLE_TIMEOUT" where it was the client that took nothing.
  std::string reason;

  Error() = default;
  Error(ErrorKind of, std::string text) : kind(of), message(std::move(text)) {}

  static Error invalid(std::string of, std::string given, std::string accepted) {
    Error error(ErrorKind::invalid_request, of + ": " + given + " is not allowed; allowed: " + accepted);
    error.field = std::move(of);
    error.value = std::move(given);
    error.allowed = std::move(accepted);
    return error;
  }

  /// Whether it is of that kind, or of one within it.
  bool is(ErrorKind wanted) const { return kind == wanted || parent(kind) == wanted; }

 private:
  static ErrorKind parent(ErrorKind of) {
    switch (of) {
      case ErrorKind::not_found: return ErrorKind::invalid_request;
      case ErrorKind::permission_denied: return ErrorKind::unauthenticated;
      case ErrorKind::unsupported: return ErrorKind::server;
      case ErrorKind::checksum_mismatch: return ErrorKind::broken_stream;
      default: return of;
    }
  }
};

/// A value, or why there is none. Ask before you take.
template <class Value>
class [[nodiscard]] Result {
 public:
  Result(Value value) : held_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: made of either
  Result(Error error) : held_(std::in_place_index<1>, std::move(error)) {}  // NOLINT

  bool ok() const { return held_.index() == 0; }
  explicit operator bool() const { return ok(); }

  Value& operator*() { return *held<0>(held_); }
  const Value& operator*() const { return *held<0>(held_); }
  Value* operator->() { return held<0>(held_); }
  const Value* operator->() const { return held<0>(held_); }
  Error& error() { return *held<1>(held_); }
  const Error& error() const { return *held<1>(held_); }

 private:
  template <std::size_t index, class Held>
  static auto* held(Held& of) {
    auto* found = std::get_if<index>(&of);
    assert(found != nullptr && "a result was taken for what it is not");
    return found;
  }

  std::variant<Value, Error> held_;
};

}  // namespace morphogen
