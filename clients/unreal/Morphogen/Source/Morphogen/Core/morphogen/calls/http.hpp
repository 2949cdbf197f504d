// Copied from clients/cpp by copy_core.py. Do not edit.
// What an HTTP stack has to do for gRPC-Web: send a request, and bring the response piece by piece.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "morphogen/calls/channel.hpp"

namespace morphogen {

/// Names and values of headers, or of trailers.
using Headers = std::vector<std::pair<std::string, std::string>>;

/// The value of a header; empty if there is none. Names are lower-case.
inline std::string_view header(const Headers& headers, std::string_view name) {
  for (const auto& [each, value] : headers) {
    if (each == name) {
      return value;
    }
  }
  return {};
}

/// A POST.
struct HttpRequest {
  std::string url;
  Headers headers;
  Bytes body;
  Clock::time_point deadline = no_deadline;
};

/// A running POST. Its end closes what is not over yet, so that the server notices.
class HttpExchange : public Cancellable {
 public:
  /// Wait for more of the body; empty at its end. One thread reads. Errors: unavailable for whatever the network does,
  /// deadline_exceeded, cancelled.
  virtual Result<Bytes> read() = 0;

  /// Status and headers, in lower case; there once `read` has brought something.
  virtual int status() const = 0;
  virtual const Headers& headers() const = 0;
};

/// Sends requests. Any thread may.
class HttpTransport {
 public:
  virtual ~HttpTransport() = default;

  /// Begin a request, without waiting for anything.
  virtual std::unique_ptr<HttpExchange> post(HttpRequest request) = 0;
};

}  // namespace morphogen
