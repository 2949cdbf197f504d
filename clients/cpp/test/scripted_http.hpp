// An HTTP stack without a network: answers come from a function, in pieces of random size, cut where a test wants it.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <utility>

#include "morphogen/calls/grpc_web.hpp"

namespace test {

/// What one request is answered with.
struct Answer {
  morphogen::Bytes body;
  bool cut = false;    // the connection breaks behind the body
  bool hangs = false;  // nothing comes behind the body until somebody cancels
  int status = 200;
};

class ScriptedExchange final : public morphogen::HttpExchange {
 public:
  ScriptedExchange(Answer answer, unsigned seed, std::atomic<int>& open)
      : answer_(std::move(answer)), random_(seed), open_(open) {
    open_ += 1;
  }
  ~ScriptedExchange() override { open_ -= 1; }

  morphogen::Result<morphogen::Bytes> read() override {
    std::unique_lock<std::mutex> lock(mutex_);
    if (at_ == answer_.body.size() && answer_.hangs) {
      changed_.wait(lock, [this] { return cancelled_; });
    }
    if (cancelled_) {
      return morphogen::Error(morphogen::ErrorKind::cancelled, "cancelled");
    }
    if (at_ == answer_.body.size()) {
      return answer_.cut
                 ? morphogen::Result<morphogen::Bytes>(morphogen::Error(morphogen::ErrorKind::unavailable, "cut"))
                 : morphogen::Bytes();
    }
    const std::size_t size = std::min<std::size_t>(1 + random_() % 97, answer_.body.size() - at_);
    const auto begin = answer_.body.begin() + static_cast<std::ptrdiff_t>(at_);
    at_ += size;
    return morphogen::Bytes(begin, begin + static_cast<std::ptrdiff_t>(size));
  }

  int status() const override { return answer_.status; }
  const morphogen::Headers& headers() const override { return headers_; }
  void cancel() override {
    const std::lock_guard<std::mutex> lock(mutex_);
    cancelled_ = true;
    changed_.notify_all();
  }

 private:
  const Answer answer_;
  const morphogen::Headers headers_{{"content-type", "application/grpc-web+proto"}};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool cancelled_ = false;
  std::size_t at_ = 0;
  std::minstd_rand random_;
  std::atomic<int>& open_;
};

class ScriptedHttp final : public morphogen::HttpTransport {
 public:
  using Script = std::function<Answer(const morphogen::HttpRequest&)>;
  explicit ScriptedHttp(Script script) : script_(std::move(script)) {}

  std::unique_ptr<morphogen::HttpExchange> post(morphogen::HttpRequest request) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    request_count += 1;
    return std::make_unique<ScriptedExchange>(script_(request), static_cast<unsigned>(request_count), open_count);
  }

  std::atomic<int> request_count{0};
  std::atomic<int> open_count{0};  // exchanges that are not over

 private:
  std::mutex mutex_;
  Script script_;
};

/// A frame with trailers.
inline morphogen::Bytes trailers(const std::string& text) {
  morphogen::Bytes frame = morphogen::framed(morphogen::Bytes(text.begin(), text.end()));
  frame[0] = 0x80;
  return frame;
}

}  // namespace test
