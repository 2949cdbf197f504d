// Native gRPC (HTTP/2) by grpc++: programs link it, the core does not know it. Messages pass as bytes, so protobuf's
// own code is not needed.
#pragma once

#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>
#include <grpcpp/support/client_callback.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "morphogen/calls/grpc_web.hpp"
#include "morphogen/client.hpp"

namespace morphogen {

inline grpc::ByteBuffer buffer_of(const Bytes& bytes) {
  const grpc::Slice slice(bytes.data(), bytes.size());
  return {&slice, 1};
}

inline Bytes bytes_of(const grpc::ByteBuffer& buffer) {
  Bytes bytes;
  std::vector<grpc::Slice> slices;
  if (buffer.Dump(&slices).ok()) {
    bytes.reserve(buffer.Length());
    for (const grpc::Slice& slice : slices) {
      bytes.insert(bytes.end(), slice.begin(), slice.end());
    }
  }
  return bytes;
}

/// A call by grpc++, which tells what happens on threads of its own. It reads ahead of nobody.
class GrpcCall final : public Call, private grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  GrpcCall(grpc::GenericStub& stub, const char* path, const Bytes& message, Sends sends, Clock::time_point deadline,
           const std::string& token)
      : outgoing_(buffer_of(message)) {
    if (!token.empty()) {
      context_.AddMetadata("authorization", "Bearer " + token);
    }
    if (deadline != no_deadline) {
      context_.set_deadline(std::chrono::system_clock::now() +
                            std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()));
    }
    stub.PrepareBidiStreamingCall(&context_, path, grpc::StubOptions(), this);
    AddHold();  // reads and writes begin outside of the reactions
    if (sends == Sends::one_message) {
      StartWriteLast(&outgoing_, grpc::WriteOptions());
      writes_finished_ = true;
    } else {
      StartWrite(&outgoing_);
    }
    writing_ = true;
    StartCall();
  }

  ~GrpcCall() override {
    context_.TryCancel();
    std::unique_lock<std::mutex> lock(mutex_);
    release(lock);
    changed_.wait(lock, [this] { return done_; });
  }

  Result<std::optional<Bytes>> read() override {
    std::unique_lock<std::mutex> lock(mutex_);
    if (!read_failed_ && !done_) {
      reading_ = true;
      lock.unlock();
      StartRead(&incoming_);
      lock.lock();
      changed_.wait(lock, [this] { return !reading_; });
    }
    if (!read_failed_ && !done_) {
      return std::optional<Bytes>(bytes_of(incoming_));
    }
    release(lock);
    changed_.wait(lock, [this] { return done_; });
    if (status_.ok()) {
      return std::optional<Bytes>();
    }
    const std::string details = status_.error_details();
    return error_of(static_cast<StatusCode>(status_.error_code()), status_.error_message(),
                    Bytes(details.begin(), details.end()));
  }

  bool write(const Bytes& message) override {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return !writing_ || done_; });
    if (write_failed_ || writes_finished_ || !held_ || done_) {
      return false;
    }
    writing_ = true;
    lock.unlock();
    outgoing_ = buffer_of(message);
    StartWrite(&outgoing_);
    lock.lock();
    changed_.wait(lock, [this] { return !writing_ || done_; });
    return !write_failed_ && !done_;
  }

  void finish_writing() override {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return !writing_ || done_; });
    if (!writes_finished_ && !write_failed_ && held_ && !done_) {
      writes_finished_ = true;
      writing_ = true;
      lock.unlock();
      StartWritesDone();
    }
  }

  void cancel() override { context_.TryCancel(); }

 private:
  void OnReadDone(bool ok) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    reading_ = false;
    read_failed_ = !ok;
    changed_.notify_all();
  }

  void OnWriteDone(bool ok) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    writing_ = false;
    write_failed_ = write_failed_ || !ok;
    changed_.notify_all();
  }

  void OnWritesDoneDone(bool ok) override { OnWriteDone(ok); }

  void OnDone(const grpc::Status& status) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    status_ = status;
    done_ = true;
    changed_.notify_all();
  }

  /// No read or write begins any more: the call may be over. A write that has begun ends first.
  void release(std::unique_lock<std::mutex>& lock) {
    changed_.wait(lock, [this] { return !writing_ || done_; });
    if (std::exchange(held_, false)) {
      lock.unlock();
      RemoveHold();
      lock.lock();
    }
  }

  grpc::ClientContext context_;
  grpc::ByteBuffer outgoing_;
  grpc::ByteBuffer incoming_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool held_ = true;
  bool reading_ = false;
  bool read_failed_ = false;
  bool writing_ = false;
  bool write_failed_ = false;
  bool writes_finished_ = false;
  bool done_ = false;
  grpc::Status status_;
};

/// What grpc++ is told.
struct GrpcOptions {
  /// Certificates to trust, in PEM; empty: no encryption.
  std::string ca_pem;
};

/// Calls to a server's native port.
class GrpcChannel final : public Channel {
 public:
  /// `target` as "host:port". The token goes out encrypted or to this machine only; otherwise calls fail.
  GrpcChannel(const std::string& target, std::string token, const GrpcOptions& options)
      : token_(std::move(token)), stub_(grpc::CreateCustomChannel(target, credentials(options), arguments())) {
    if (!token_.empty() && options.ca_pem.empty() && !loopback("grpc://" + target)) {
      refusal_ = Error::invalid("token", "a token without encryption", "encryption, or a server on this machine");
    } else if (token_.find_first_of("\r\n") != std::string::npos) {
      refusal_ = Error::invalid("token", "a token with line breaks", "one line");
    }
  }

  bool duplex() const override { return true; }

  Result<std::unique_ptr<Call>> open(const char* path, const Bytes& message, Sends sends,
                                     Clock::time_point deadline) override {
    if (refusal_) {
      return *refusal_;
    }
    return std::unique_ptr<Call>(std::make_unique<GrpcCall>(stub_, path, message, sends, deadline, token_));
  }

 private:
  static std::shared_ptr<grpc::ChannelCredentials> credentials(const GrpcOptions& options) {
    if (options.ca_pem.empty()) {
      return grpc::InsecureChannelCredentials();
    }
    grpc::SslCredentialsOptions ssl;
    ssl.pem_root_certs = options.ca_pem;
    return grpc::SslCredentials(ssl);
  }

  static grpc::ChannelArguments arguments() {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(static_cast<int>(message_max_bytes));
    arguments.SetInt("grpc.use_local_subchannel_pool", 1);  // connections are this client's own, and end with it
    arguments.SetInt("grpc.initial_reconnect_backoff_ms", 100);
    // How long the first attempt to connect may take; later ones may as long as the pause before the next. So long,
    // at most, a client that is gone holds a socket towards a server that says nothing.
    arguments.SetInt("grpc.min_reconnect_backoff_ms", 1000);
    arguments.SetInt("grpc.max_reconnect_backoff_ms", 3000);
    arguments.SetInt("grpc.enable_http_proxy", 0);
    return arguments;
  }

  std::string token_;
  std::optional<Error> refusal_;
  grpc::GenericStub stub_;
};

/// A client of the native port at `target`, "host:port".
inline MorphogenClient connect_native(const std::string& target, const ClientOptions& options = {},
                                      const GrpcOptions& grpc = {}) {
  return {std::make_shared<GrpcChannel>(target, options.token, grpc), options};
}

}  // namespace morphogen
