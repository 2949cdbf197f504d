// A character that is told what to do: 03_character http://127.0.0.1:8080

#include <cstdio>

#include "morphogen/curl.hpp"

int main(int count, char** arguments) {
  if (count != 2) {
    std::fprintf(stderr, "usage: 03_character URL\n");
    return 2;
  }
  const auto client = morphogen::connect(arguments[1]);
  morphogen::PlayFramesRequest request;
  auto& stream = request.stream.emplace();
  stream.identity.emplace().seed = 3;
  stream.poses = true;
  stream.best_effort = true;  // rather late than not at all
  stream.frame_count = 90;
  auto frames = client.play_frames(request);
  while (const auto frame = frames.next()) {
    if (frame->number == 30) {
      morphogen::CharacterControl control;
      control.speed_mps = 1.4;
      control.heading_deg = 90;
      if (const auto number = frames.steer(control)) {
        std::printf("control %u sent\n", *number);
      }
    }
    if (frame->number % 15 == 0) {
      const auto& root_m = frame->pose->root_m;
      std::printf("frame %u shows %u controls: %.2f %.2f %.2f\n", frame->number, frame->control_count,
                  static_cast<double>(root_m[0]), static_cast<double>(root_m[1]), static_cast<double>(root_m[2]));
    }
  }
  if (frames.error()) {
    std::fprintf(stderr, "%s\n", frames.error()->message.c_str());
    return 1;
  }
  return 0;
}
