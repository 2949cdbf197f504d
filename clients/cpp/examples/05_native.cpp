// The same verbs by native gRPC, and frames in one call that streams both ways: 05_native 127.0.0.1:50051

#include <cstdio>

#include "morphogen/grpc.hpp"

int main(int count, char** arguments) {
  if (count != 2) {
    std::fprintf(stderr, "usage: 05_native HOST:PORT\n");
    return 2;
  }
  const auto client = morphogen::connect_native(arguments[1]);
  const auto generators = client.catalog();
  if (!generators) {
    std::fprintf(stderr, "%s\n", generators.error().message.c_str());
    return 1;
  }
  for (const auto& each : *generators) {
    std::printf("%s: %s %s\n", each.asset_kind.c_str(), each.ref->name.c_str(), each.ref->version.c_str());
  }
  morphogen::FramesStart start;
  auto& stream = start.stream.emplace();
  stream.identity.emplace().seed = 3;
  stream.poses = true;
  stream.best_effort = true;  // rather late than not at all
  stream.frame_count = 60;
  auto frames = client.stream_frames(start);
  morphogen::CharacterControl control;
  control.action = "wave";
  (void)frames.steer(control);
  std::uint32_t first_number = 0;
  while (const auto frame = frames.next()) {
    first_number = frame->control_count == 1 && first_number == 0 ? frame->number : first_number;
  }
  if (frames.error()) {
    std::fprintf(stderr, "%s\n", frames.error()->message.c_str());
    return 1;
  }
  std::printf("waves from frame %u on\n", first_number);
  return 0;
}
