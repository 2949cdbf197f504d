// Copied from clients/cpp by copy_core.py. Do not edit.
// The verbs.
//
// The core needs the C++17 standard library and nothing else, no exceptions and no RTTI. `morphogen/curl.hpp` and
// `morphogen/grpc.hpp` connect it to a server; an engine brings a transport of its own.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "morphogen/calls/unary.hpp"
#include "morphogen/proto/catalog.hpp"
#include "morphogen/proto/diagnostics.hpp"
#include "morphogen/proto/scene.hpp"
#include "morphogen/proto/texture.hpp"
#include "morphogen/streams/asset_stream.hpp"
#include "morphogen/streams/frames_stream.hpp"
#include "morphogen/streams/world_stream.hpp"

namespace morphogen {

/// How a client talks to its server.
struct ClientOptions {
  /// Sent as a bearer token with every call. Beyond this machine it takes encryption.
  std::string token;
  /// Time that a call may take, unless it says otherwise. Explorations and frames have no limit of their own.
  std::chrono::milliseconds timeout{300'000};
  /// When failed calls are tried again.
  RetryPolicy retry;
};

/// grpc.health.v1.
struct HealthCheck {
  struct Request {
    void encode(wire::Writer&) const {}
  };
  struct Response {
    std::uint32_t status{};

    void decode(wire::Reader& reader) {
      while (reader.next()) {
        reader.number() == 1 ? reader.value<wire::Uint32>(status) : reader.skip();
      }
    }
  };
  static constexpr const char* path = "/grpc.health.v1.Health/Check";
  static constexpr std::uint32_t serving = 1;
};

/// A Morphogen server. Copies share its connections; any thread may use it. Calls wait on the thread that reads them.
class MorphogenClient {
 public:
  MorphogenClient(std::shared_ptr<Channel> channel, ClientOptions options)
      : channel_(std::move(channel)), options_(std::move(options)) {}

  /// Make a material; one update per level of detail, coarse to fine.
  TextureStream generate_texture(GenerateTextureRequest request, const CallOptions& options = {}) const {
    return TextureStream(parts<TextureService::GenerateTexture>(std::move(request), options));
  }

  /// Make a level; its steps, then its files. A level that arrives can be won.
  LevelStream generate_level(GenerateLevelRequest request = {}, const CallOptions& options = {}) const {
    return LevelStream(parts<SceneService::GenerateLevel>(std::move(request), options));
  }

  /// Make a scene; its files as they are made. "scene" is all of it, as binary glTF.
  FileStream generate_scene(GenerateSceneRequest request = {}, const CallOptions& options = {}) const {
    return FileStream(parts<SceneService::GenerateScene>(std::move(request), options));
  }

  /// What is needed once to show any part of a world: its description, the ground's tiles, its models.
  FileStream generate_world(GenerateWorldRequest request = {}, const CallOptions& options = {}) const {
    return FileStream(parts<WorldService::GenerateWorld>(std::move(request), options));
  }

  /// Make one chunk of a world.
  FileStream generate_chunk(GenerateChunkRequest request, const CallOptions& options = {}) const {
    return FileStream(parts<WorldService::GenerateChunk>(std::move(request), options));
  }

  /// Make a character: "character" is a rigged binary glTF with clips.
  FileStream generate_character(GenerateCharacterRequest request = {}, const CallOptions& options = {}) const {
    return FileStream(parts<CharacterService::GenerateCharacter>(std::move(request), options));
  }

  /// Walk through a world: chunks around a viewer that you `move` meanwhile.
  WorldStream explore_world(ExploreStart start = {}, const CallOptions& options = {}) const {
    return {channel_, std::move(start), attempts(options, no_deadline)};
  }

  /// Frames of a character that you `steer` meanwhile, by calls beside the stream. What waits for a slow reader lies in
  /// the connection's buffers.
  FramesStream play_frames(PlayFramesRequest request, const CallOptions& options = {}) const {
    request.grants_credit = false;
    const bool live = request.stream && request.stream->delivery == Delivery::live;
    return frames<CharacterService::PlayFrames>(request.options ? request.options->resume_token : Bytes(), live,
                                                options, [request](const Bytes& token) {
                                                  PlayFramesRequest sent = request;
                                                  resume(sent, token);
                                                  return encoded(sent);
                                                });
  }

  /// The same in one call that streams both ways: a slow reader gets no more than `credit` frames ahead of it. Native
  /// connections only.
  FramesStream stream_frames(FramesStart start, const CallOptions& options = {}) const {
    const bool live = start.stream && start.stream->delivery == Delivery::live;
    return frames<CharacterService::StreamFrames>(start.options ? start.options->resume_token : Bytes(), live, options,
                                                  [start](const Bytes& token) {
                                                    StreamFramesRequest sent;
                                                    resume(sent.payload.emplace<FramesStart>(start), token);
                                                    return encoded(sent);
                                                  });
  }

  /// Synthetic parts of a given size, count and step time: measures the path.
  FileStream probe(StreamProbeRequest request, const CallOptions& options = {}) const {
    return FileStream(parts<DiagnosticsService::StreamProbe>(std::move(request), options));
  }

  /// Say which textures will probably be asked for, the most urgent one last; their asset ids. Does not wait for them.
  Result<std::vector<std::string>> prefetch(std::vector<GenerateTextureRequest> requests,
                                            const CallOptions& options = {}) const {
    auto answer = unary<TextureService::PrefetchTextures>({std::move(requests)}, options);
    return answer ? Result(std::move(answer->asset_ids)) : std::move(answer.error());
  }

  /// What the server can make, with ranges; of one kind, or of all.
  Result<std::vector<Generator>> catalog(std::string asset_kind = "", const CallOptions& options = {}) const {
    auto answer = unary<CatalogService::ListGenerators>({std::move(asset_kind)}, options);
    return answer ? Result(std::move(answer->generators)) : std::move(answer.error());
  }

  /// One generator with its model card.
  Result<Generator> generator(std::string name, const CallOptions& options = {}) const {
    auto answer = unary<CatalogService::GetGenerator>({std::move(name)}, options);
    return answer ? Result(answer->generator.value_or(Generator())) : std::move(answer.error());
  }

  /// Whether the server can be reached and can make assets now.
  bool healthy() const {
    constexpr std::chrono::seconds patience{5};
    const auto answer = call_once<HealthCheck>(*channel_, {}, Clock::now() + patience, nullptr);
    return answer && answer->status == HealthCheck::serving;
  }

 private:
  Attempts attempts(const CallOptions& options, Clock::time_point due) const {
    return {options_.retry, options.timeout ? Clock::now() + *options.timeout : due, options.cancellation};
  }

  Attempts attempts(const CallOptions& options) const { return attempts(options, Clock::now() + options_.timeout); }

  template <class Request>
  static void resume(Request& request, const Bytes& token) {
    StreamOptions& options = request.options ? *request.options : request.options.emplace();
    options.resume_tokens = true;
    options.resume_token = token;
  }

  template <class Method>
  static std::optional<StreamPayload> payload(const Bytes& message) {
    auto response = decoded<typename Method::Response>(message);
    return response ? std::optional<StreamPayload>(std::move(response->payload)) : std::nullopt;
  }

  template <class Method>
  std::unique_ptr<PartStream> parts(typename Method::Request request, const CallOptions& options) const {
    Bytes token = request.options ? request.options->resume_token : Bytes();
    auto open = [channel = channel_, request = std::move(request)](const Bytes& behind, Clock::time_point deadline) {
      auto sent = request;
      resume(sent, behind);
      return channel->open(Method::path, encoded(sent), Sends::one_message, deadline);
    };
    return std::make_unique<PartStream>(std::move(open), &payload<Method>, attempts(options), std::move(token), false);
  }

  template <class Method, class Message>
  FramesStream frames(Bytes token, bool live, const CallOptions& options, Message message) const {
    constexpr bool duplex = Method::client_streaming;
    Attempts tries = attempts(options, no_deadline);
    auto steering = std::make_unique<Steering>(channel_, tries.cancellation(), duplex, token.empty());
    auto open = [channel = channel_, message](const Bytes& behind, Clock::time_point deadline) {
      return channel->open(Method::path, message(behind), duplex ? Sends::messages : Sends::one_message, deadline);
    };
    auto stream = std::make_unique<PartStream>(std::move(open), &payload<Method>, std::move(tries), std::move(token),
                                               live, steering.get());
    return {std::move(steering), std::move(stream), duplex};
  }

  template <class Method>
  Result<typename Method::Response> unary(const typename Method::Request& request, const CallOptions& options) const {
    return call<Method>(*channel_, request, attempts(options));
  }

  std::shared_ptr<Channel> channel_;
  ClientOptions options_;
};

}  // namespace morphogen
