// Copied from clients/cpp by copy_core.py. Do not edit.
// gRPC-Web: messages in frames within the body of an HTTP response, the status in a last frame or in headers.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "morphogen/calls/channel.hpp"
#include "morphogen/calls/http.hpp"
#include "morphogen/calls/status.hpp"

namespace morphogen {

/// Largest message that is accepted; the largest ones that a server sends are model cards and chunks of 256 KiB.
inline constexpr std::size_t message_max_bytes = 16u << 20;

/// A message in its frame.
inline Bytes framed(const Bytes& message) {
  Bytes frame(5);
  for (std::size_t index = 0; index < 4; ++index) {
    frame[1 + index] = static_cast<std::uint8_t>(message.size() >> (24 - 8 * index));
  }
  frame.insert(frame.end(), message.begin(), message.end());
  return frame;
}

/// Cuts a body into frames, however it comes.
class Deframer {
 public:
  struct Frame {
    bool trailers;
    Bytes data;
  };

  void feed(const Bytes& piece) {
    if (begin_ > 0) {
      waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(begin_));
      begin_ = 0;
    }
    waiting_.insert(waiting_.end(), piece.begin(), piece.end());
  }

  /// The next frame that is complete. Error: broken_stream for one that is too large, or compressed unasked.
  Result<std::optional<Frame>> next() {
    if (waiting_.size() - begin_ < 5) {
      return std::optional<Frame>();
    }
    const std::uint8_t* head = waiting_.data() + begin_;
    std::size_t size_bytes = 0;
    for (std::size_t index = 1; index < 5; ++index) {
      size_bytes = size_bytes << 8 | head[index];
    }
    if ((head[0] & 0x7f) != 0 || size_bytes > message_max_bytes) {
      return Error(ErrorKind::broken_stream, "the server sent a frame of " + std::to_string(size_bytes) +
                                                 " bytes and flags " + std::to_string(head[0]));
    }
    if (waiting_.size() - begin_ - 5 < size_bytes) {
      return std::optional<Frame>();
    }
    begin_ += 5 + size_bytes;
    return std::optional<Frame>(Frame{(head[0] & 0x80) != 0, Bytes(head + 5, head + 5 + size_bytes)});
  }

  /// Whether a frame has begun and is not complete.
  bool open() const { return waiting_.size() > begin_; }

 private:
  Bytes waiting_;
  std::size_t begin_ = 0;
};

/// Lines "name: value".
inline Headers trailers_of(const Bytes& data) {
  Headers trailers;
  std::string_view text(reinterpret_cast<const char*>(data.data()), data.size());
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos) {
      std::string name(line.substr(0, colon));
      for (char& letter : name) {
        letter = letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + 32) : letter;
      }
      std::string_view value = line.substr(colon + 1);
      const std::size_t first = value.find_first_not_of(" \t\r");
      const std::size_t last = value.find_last_not_of(" \t\r");
      trailers.emplace_back(std::move(name),
                            first == std::string_view::npos ? "" : value.substr(first, last - first + 1));
    }
  }
  return trailers;
}

/// Text with %41 and the like.
inline std::string percent_decoded(std::string_view text) {
  const auto digit = [](char letter) {
    const std::size_t place = std::string_view("0123456789abcdef0123456789ABCDEF").find(letter);
    return place == std::string_view::npos ? -1 : static_cast<int>(place % 16);
  };
  std::string plain;
  for (std::size_t index = 0; index < text.size(); ++index) {
    if (text[index] == '%' && index + 2 < text.size() && digit(text[index + 1]) >= 0 && digit(text[index + 2]) >= 0) {
      plain += static_cast<char>(digit(text[index + 1]) * 16 + digit(text[index + 2]));
      index += 2;
    } else {
      plain += text[index];
    }
  }
  return plain;
}

/// Base64, with or without padding; what is none of its letters ends it.
inline Bytes base64_decoded(std::string_view text) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  Bytes data;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char letter : text) {
    const std::size_t value = letters.find(letter == '-' ? '+' : letter == '_' ? '/' : letter);
    if (value == std::string_view::npos) {
      break;
    }
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      data.push_back(static_cast<std::uint8_t>(bits >> count));
    }
  }
  return data;
}

/// The status in headers or trailers; nothing if there is none.
inline std::optional<std::optional<Error>> status_in(const Headers& headers) {
  const std::string_view number = header(headers, "grpc-status");
  if (number.empty()) {
    return std::nullopt;
  }
  const bool digits = number.size() <= 2 && number.find_first_not_of("0123456789") == std::string_view::npos;
  const int code = digits ? std::stoi(std::string(number)) : 2;
  if (code == 0) {
    return std::optional<Error>();
  }
  return error_of(static_cast<StatusCode>(code), percent_decoded(header(headers, "grpc-message")),
                  base64_decoded(header(headers, "grpc-status-details-bin")));
}

/// What an HTTP status without a gRPC status stands for: somebody in between has answered.
inline Error error_of_http(int status) {
  const std::string text = "the server answered with HTTP status " + std::to_string(status);
  switch (status) {
    case 401: return error_of(StatusCode::unauthenticated, text, {});
    case 403: return error_of(StatusCode::permission_denied, text, {});
    case 404:
    case 405:
    case 415: return error_of(StatusCode::unimplemented, text, {});
    case 408:
    case 421:
    case 429:
    case 502:
    case 503:
    case 504: return error_of(StatusCode::unavailable, text, {});
    default: return error_of(StatusCode::unknown, text, {});
  }
}

/// A call by gRPC-Web.
class GrpcWebCall final : public Call {
 public:
  explicit GrpcWebCall(std::unique_ptr<HttpExchange> exchange) : exchange_(std::move(exchange)) {}

  Result<std::optional<Bytes>> read() override {
    for (;;) {
      auto frame = frames_.next();
      if (!frame) {
        return std::move(frame.error());
      }
      if (*frame && !(*frame)->trailers) {
        return std::optional<Bytes>(std::move((*frame)->data));
      }
      if (*frame) {
        return end(status_in(trailers_of((*frame)->data)));
      }
      auto piece = exchange_->read();
      if (!piece) {
        return std::move(piece.error());
      }
      if (piece->empty()) {
        return end(frames_.open() ? std::nullopt : status_in(exchange_->headers()));
      }
      if (exchange_->status() != 200) {
        return refused();
      }
      if (header(exchange_->headers(), "content-type").substr(0, 20) != "application/grpc-web") {
        return Error(ErrorKind::broken_stream, "the server does not speak gRPC-Web");
      }
      frames_.feed(*piece);
    }
  }

  bool write(const Bytes&) override { return false; }
  void finish_writing() override {}
  void cancel() override { exchange_->cancel(); }

 private:
  Result<std::optional<Bytes>> end(std::optional<std::optional<Error>> status) {
    if (status && *status) {
      return std::move(**status);
    }
    if (status) {
      drain();
      return std::optional<Bytes>();
    }
    if (exchange_->status() != 200) {
      return refused();
    }
    return Error(ErrorKind::unavailable, "the connection broke: the response has no end");
  }

  Error refused() {
    auto status = status_in(exchange_->headers());
    return status && *status ? std::move(**status) : error_of_http(exchange_->status());
  }

  /// Behind the trailers comes the body's end, and with it the connection can serve again.
  void drain() {
    for (int pieces = 0; pieces < 4; ++pieces) {
      const auto piece = exchange_->read();
      if (!piece || piece->empty()) {
        return;
      }
    }
  }

  std::unique_ptr<HttpExchange> exchange_;
  Deframer frames_;
};

/// Whether a URL leads to this machine, where nobody listens on the wire.
inline bool loopback(std::string_view url) {
  std::string_view host = url.substr(std::min(url.size(), url.find("://") + 3));
  host = host.substr(0, host.find_first_of("/?#"));
  host = host.substr(host.rfind('@') == std::string_view::npos ? 0 : host.rfind('@') + 1);
  host = host.substr(0, !host.empty() && host[0] == '[' ? host.find(']') + 1 : host.find(':'));
  const bool dotted = host.substr(0, 4) == "127." && host.find_first_not_of("0123456789.") == std::string_view::npos;
  constexpr std::string_view own = ".localhost";
  const bool named = host == "localhost" || (host.size() > own.size() && host.substr(host.size() - own.size()) == own);
  return dotted || named || host == "[::1]";
}

/// Calls to a server's web port.
class GrpcWebChannel final : public Channel {
 public:
  /// `url` as "https://host:port". The token goes out by https or to this machine only; otherwise calls fail.
  GrpcWebChannel(std::shared_ptr<HttpTransport> http, std::string url, std::string token)
      : http_(std::move(http)), url_(std::move(url)), token_(std::move(token)) {
    url_.erase(url_.find_last_not_of('/') + 1);
    const bool encrypted = url_.rfind("https://", 0) == 0;
    if (!encrypted && url_.rfind("http://", 0) != 0) {
      refusal_ = Error::invalid("url", url_, "a URL that begins with https:// or http://");
    } else if (token_.find_first_of("\r\n") != std::string::npos) {
      refusal_ = Error::invalid("token", "a token with line breaks", "one line");
    } else if (!token_.empty() && !encrypted && !loopback(url_)) {
      refusal_ = Error::invalid("token", "a token without https", "https, or a server on this machine");
    }
  }

  bool duplex() const override { return false; }

  Result<std::unique_ptr<Call>> open(const char* path, const Bytes& message, Sends sends,
                                     Clock::time_point deadline) override {
    if (refusal_) {
      return *refusal_;
    }
    if (sends == Sends::messages) {
      return Error(ErrorKind::unsupported, "gRPC-Web does not stream both ways");
    }
    HttpRequest request{url_ + path, {}, framed(message), deadline};
    request.headers = {
        {"content-type", "application/grpc-web+proto"}, {"accept", "application/grpc-web+proto"}, {"x-grpc-web", "1"}};
    if (!token_.empty()) {
      request.headers.emplace_back("authorization", "Bearer " + token_);
    }
    if (deadline != no_deadline) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
      const auto shown = std::min<std::int64_t>(std::max<std::int64_t>(left, 1), 99'999'999);  // eight digits at most
      request.headers.emplace_back("grpc-timeout", std::to_string(shown) + "m");
    }
    return std::unique_ptr<Call>(std::make_unique<GrpcWebCall>(http_->post(std::move(request))));
  }

 private:
  std::shared_ptr<HttpTransport> http_;
  std::string url_;
  std::string token_;
  std::optional<Error> refusal_;
};

}  // namespace morphogen
