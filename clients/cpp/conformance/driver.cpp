// The conformance driver of the C++ SDK, for both of its transports: `driver CASES.json`.

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include "../test/open_things.hpp"
#include "asked.hpp"
#include "morphogen/curl.hpp"
#include "morphogen/grpc.hpp"
#include "steps.hpp"
#include "tally.hpp"

namespace conformance {

using morphogen::json::Value;

morphogen::MorphogenClient client_of(const Value& asked) {
  const auto options = client_options(asked);
  return asked["transport"].text() == "native" ? morphogen::connect_native(asked["target"].text(), options)
                                               : morphogen::connect(asked["url"].text(), options);
}

void act(const Value& step, morphogen::FramesStream& stream, Tally&) {
  if (!step["control"].is_null()) {
    (void)stream.steer(message<morphogen::CharacterControl>("CharacterControl", step["control"]));
  }
}

void act(const Value& step, morphogen::WorldStream& stream, Tally&) {
  if (!step["viewer"].is_null()) {
    stream.move(message<morphogen::Viewer>("Viewer", step["viewer"]));
  } else if (step["finish"].boolean()) {
    stream.finish();
  }
}

template <class Reader>
void act(const Value&, morphogen::AssetStream<Reader>&, Tally&) {}

void conclude(morphogen::WorldStream& stream, Tally& tally) {
  stream.error() ? tally.fail(*stream.error()) : tally.explored(stream.chunks().size());
}

template <class Stream>
void conclude(Stream& stream, Tally& tally) {
  const auto result = stream.result();
  result ? tally.finish(*result) : tally.fail(result.error());
}

/// Reads a stream that `open` begins, with a resume token or none, and does what the case asks for meanwhile.
template <class Open>
void follow(const Value& asked, Tally& tally, Steps& steps, const Open& open, const morphogen::Bytes& token = {}) {
  const auto client = client_of(asked);
  auto stream = open(client, token);
  const Later later(steps.cancel_after(), [&stream] { stream.cancel(); });
  while (const auto update = stream.next()) {
    tally.take(*update);
    while (const Value* step = steps.due(tally)) {
      if ((*step)["cancel"].boolean()) {
        tally.cancelled();
        stream.cancel();
        return;
      }
      if constexpr (!std::is_same_v<decltype(stream), morphogen::WorldStream>) {
        if ((*step)["reopen"].boolean()) {
          stream.cancel();
          follow(asked, tally, steps, open, stream.resume_token());
          return;
        }
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(static_cast<int>((*step)["pauseMs"].number(0))));
      act(*step, stream, tally);
    }
  }
  conclude(stream, tally);
}

template <class Request, class Verb>
void generate(const Value& asked, Tally& tally, const char* type, Verb verb) {
  Steps steps(asked["steps"].array());
  follow(asked, tally, steps, [&](const morphogen::MorphogenClient& client, const morphogen::Bytes& token) {
    auto request = message<Request>(type, asked["request"]);
    if (!token.empty()) {
      request.options = request.options.value_or(morphogen::StreamOptions());
      request.options->resume_token = token;
    }
    return (client.*verb)(std::move(request), call_options(asked));
  });
}

void run_call(const Value& asked, Tally& tally) {
  using Client = morphogen::MorphogenClient;
  const std::string& call = asked["call"].text();
  if (call == "probe") {
    generate<morphogen::StreamProbeRequest>(asked, tally, "StreamProbeRequest", &Client::probe);
  } else if (call == "generateTexture") {
    generate<morphogen::GenerateTextureRequest>(asked, tally, "GenerateTextureRequest", &Client::generate_texture);
  } else if (call == "generateLevel") {
    generate<morphogen::GenerateLevelRequest>(asked, tally, "GenerateLevelRequest", &Client::generate_level);
  } else if (call == "generateScene") {
    generate<morphogen::GenerateSceneRequest>(asked, tally, "GenerateSceneRequest", &Client::generate_scene);
  } else if (call == "generateWorld") {
    generate<morphogen::GenerateWorldRequest>(asked, tally, "GenerateWorldRequest", &Client::generate_world);
  } else if (call == "generateChunk") {
    generate<morphogen::GenerateChunkRequest>(asked, tally, "GenerateChunkRequest", &Client::generate_chunk);
  } else if (call == "generateCharacter") {
    generate<morphogen::GenerateCharacterRequest>(asked, tally, "GenerateCharacterRequest",
                                                  &Client::generate_character);
  } else if (call == "playFrames") {
    generate<morphogen::PlayFramesRequest>(asked, tally, "PlayFramesRequest", &Client::play_frames);
  } else if (call == "streamFrames") {
    generate<morphogen::FramesStart>(asked, tally, "FramesStart", &Client::stream_frames);
  } else if (call == "exploreWorld") {
    Steps steps(asked["steps"].array());
    follow(asked, tally, steps, [&](const Client& client, const morphogen::Bytes&) {
      return client.explore_world(message<morphogen::ExploreStart>("ExploreStart", asked["request"]),
                                  call_options(asked));
    });
  } else if (call == "catalog") {
    const auto answer = client_of(asked).catalog(asked["request"]["assetKind"].text(), call_options(asked));
    answer ? tally.generators(*answer) : tally.fail(answer.error());
  } else if (call == "generator") {
    const auto answer = client_of(asked).generator(asked["request"]["name"].text(), call_options(asked));
    answer ? tally.generators({*answer}) : tally.fail(answer.error());
  } else if (call == "healthy") {
    tally.healthy(client_of(asked).healthy());
  } else {
    tally.skipped("this SDK has no verb " + call);
  }
}

void run_case(const Value& asked) {
  Tally tally(asked);
  const open_things::Open before = open_things::now();
  if (const double linger_ms = asked["lingerMs"].number(0); linger_ms > 0) {
    const auto client = client_of(asked);
    run_call(asked, tally);
    tally.stop();
    tally.show(nullptr);
    std::this_thread::sleep_for(std::chrono::milliseconds(static_cast<int>(linger_ms)));
  } else {
    run_call(asked, tally);
    tally.stop();
    const auto left = open_things::left_since(before);
    tally.show(&left);
  }
}

}  // namespace conformance

int main(int count, char** arguments) {
  if (count != 2) {
    std::fprintf(stderr, "usage: driver CASES.json\n");
    return 2;
  }
  std::ifstream file(arguments[1], std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const auto document = morphogen::json::parsed(text);
  if (!document) {
    std::fprintf(stderr, "driver: %s is no JSON\n", arguments[1]);
    return 2;
  }
  for (const auto& asked : (*document)["cases"].array()) {
    conformance::run_case(asked);
  }
  return 0;
}
