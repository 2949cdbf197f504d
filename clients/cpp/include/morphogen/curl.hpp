// HTTP by libcurl: programs link it (`-lcurl`), the core does not know it.
//
// No thread is started: a response comes while somebody reads it, on the reader's thread; who does not read holds the
// server back. Connections are kept for the next call.
#pragma once

#include <curl/curl.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "morphogen/calls/grpc_web.hpp"
#include "morphogen/client.hpp"

namespace morphogen {

/// What libcurl is told besides the request.
struct CurlOptions {
  /// Certificates to trust, a PEM file; empty: those of the system.
  std::string ca_file;
  std::chrono::milliseconds connect_timeout{10'000};
};

/// Idle connections. Each lies in a multi handle of its own, which one call at a time works with.
class CurlPool {
 public:
  static constexpr std::size_t idle_max = 8;

  CurlPool() { curl_global_init(CURL_GLOBAL_DEFAULT); }
  CurlPool(const CurlPool&) = delete;
  CurlPool& operator=(const CurlPool&) = delete;
  ~CurlPool() {
    for (CURLM* each : idle_) {
      curl_multi_cleanup(each);
    }
    curl_global_cleanup();
  }

  CURLM* take() {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (idle_.empty()) {
      return curl_multi_init();
    }
    CURLM* taken = idle_.back();
    idle_.pop_back();
    return taken;
  }

  void give_back(CURLM* multi, bool reusable) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (reusable && idle_.size() < idle_max) {
        idle_.push_back(multi);
        return;
      }
    }
    curl_multi_cleanup(multi);
  }

 private:
  std::mutex mutex_;
  std::vector<CURLM*> idle_;
};

/// A POST by libcurl.
class CurlExchange final : public HttpExchange {
 public:
  CurlExchange(std::shared_ptr<CurlPool> pool, const CurlOptions& options, HttpRequest request)
      : pool_(std::move(pool)), request_(std::move(request)), multi_(pool_->take()), easy_(curl_easy_init()) {
    for (const auto& [name, value] : request_.headers) {
      headers_sent_ = curl_slist_append(headers_sent_, (name + ": " + value).c_str());
    }
    headers_sent_ = curl_slist_append(headers_sent_, "expect:");  // no asking before a large body
    set(CURLOPT_URL, request_.url.c_str());
    set(CURLOPT_HTTPHEADER, headers_sent_);
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDS, request_.body.data());
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    set(CURLOPT_WRITEFUNCTION, &CurlExchange::take_body);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_HEADERFUNCTION, &CurlExchange::take_header);
    set(CURLOPT_HEADERDATA, this);
    set(CURLOPT_BUFFERSIZE, 256L << 10);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    if (!options.ca_file.empty()) {
      set(CURLOPT_CAINFO, options.ca_file.c_str());
    }
    added_ = multi_ != nullptr && easy_ != nullptr && curl_multi_add_handle(multi_, easy_) == CURLM_OK;
  }

  ~CurlExchange() override {
    if (added_) {
      curl_multi_remove_handle(multi_, easy_);
    }
    curl_easy_cleanup(easy_);
    curl_slist_free_all(headers_sent_);
    pool_->give_back(multi_, added_ && over_ && outcome_ == CURLE_OK);
  }

  Result<Bytes> read() override {
    while (body_.empty() && !over_) {
      if (cancelled_) {
        return Error(ErrorKind::cancelled, "the call was cancelled");
      }
      if (!added_) {
        return Error(ErrorKind::unavailable, "libcurl cannot begin a request");
      }
      if (Clock::now() >= request_.deadline) {
        return Error(ErrorKind::deadline_exceeded, "the call's time is up");
      }
      work();
    }
    if (!body_.empty()) {
      return std::exchange(body_, Bytes());
    }
    if (outcome_ != CURLE_OK) {
      return Error(ErrorKind::unavailable, std::string("the connection broke: ") + curl_easy_strerror(outcome_));
    }
    return Bytes();
  }

  int status() const override {
    long status = 0;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    return static_cast<int>(status);
  }

  const Headers& headers() const override { return headers_; }

  void cancel() override {
    cancelled_ = true;
    curl_multi_wakeup(multi_);
  }

 private:
  template <class Setting>
  void set(CURLoption option, Setting setting) {
    curl_easy_setopt(easy_, option, setting);
  }

  void work() {
    int running = 0;
    if (curl_multi_perform(multi_, &running) != CURLM_OK) {
      over_ = true;
      outcome_ = CURLE_FAILED_INIT;
      return;
    }
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg == CURLMSG_DONE) {
        over_ = true;
        outcome_ = message->data.result;
      }
    }
    if (body_.empty() && !over_) {
      curl_multi_poll(multi_, nullptr, 0, wait_ms(), nullptr);
    }
  }

  int wait_ms() const {
    if (request_.deadline == no_deadline) {
      return 1000;
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(request_.deadline - Clock::now()).count();
    return static_cast<int>(std::min<std::int64_t>(std::max<std::int64_t>(left + 1, 0), 1000));
  }

  static std::size_t take_body(char* data, std::size_t size, std::size_t count, void* self) {
    Bytes& body = static_cast<CurlExchange*>(self)->body_;
    body.insert(body.end(), data, data + size * count);
    return size * count;
  }

  static std::size_t take_header(char* data, std::size_t size, std::size_t count, void* self) {
    Headers& headers = static_cast<CurlExchange*>(self)->headers_;
    const Bytes line(data, data + size * count);
    if (line.size() >= 5 && std::string_view(data, 5) == "HTTP/") {
      headers.clear();  // of an interim response
    }
    for (auto& each : trailers_of(line)) {
      headers.push_back(std::move(each));
    }
    return size * count;
  }

  std::shared_ptr<CurlPool> pool_;
  HttpRequest request_;
  CURLM* multi_;
  CURL* easy_;
  curl_slist* headers_sent_ = nullptr;
  bool added_ = false;
  bool over_ = false;
  CURLcode outcome_ = CURLE_OK;
  std::atomic<bool> cancelled_{false};
  Headers headers_;
  Bytes body_;
};

/// HTTP by libcurl.
class CurlTransport final : public HttpTransport {
 public:
  explicit CurlTransport(CurlOptions options = {}) : options_(std::move(options)) {}

  std::unique_ptr<HttpExchange> post(HttpRequest request) override {
    return std::make_unique<CurlExchange>(pool_, options_, std::move(request));
  }

 private:
  CurlOptions options_;
  std::shared_ptr<CurlPool> pool_ = std::make_shared<CurlPool>();
};

/// A client of the web port at `url`, "https://host:port".
inline MorphogenClient connect(const std::string& url, const ClientOptions& options = {}, CurlOptions curl = {}) {
  auto transport = std::make_shared<CurlTransport>(std::move(curl));
  return {std::make_shared<GrpcWebChannel>(std::move(transport), url, options.token), options};
}

}  // namespace morphogen
