// Both transports against a real server: server_tests URL TARGET

#include <atomic>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "expect.hpp"
#include "morphogen/curl.hpp"
#include "morphogen/grpc.hpp"
#include "open_things.hpp"

using namespace morphogen;

namespace {

std::string url;
std::string target;

std::vector<MorphogenClient> clients() { return {connect(url), connect_native(target)}; }

GenerateTextureRequest small_texture() {
  GenerateTextureRequest request;
  request.texture_class = "stone";
  request.seed = 3;
  request.size_px = 128;
  request.maps = {TextureMap::albedo, TextureMap::height};
  return request;
}

ExploreStart small_world() {
  ExploreStart start;
  start.landscape.emplace().seed = 5;
  start.view_distance_m = 100;
  start.vertices_max = 33;
  start.maps = {"height"};
  return start;
}

}  // namespace

TEST(both_transports_bring_the_same_material) {
  std::vector<std::string> digests;
  for (const MorphogenClient& client : clients()) {
    auto stream = client.generate_texture(small_texture());
    std::vector<std::uint32_t> lods;
    while (const auto update = stream.next()) {
      lods.push_back(update->lod_px);
      EXPECT(update->maps.size() == 2 && update->maps.find("height")->media_type == "image/png");
      EXPECT(update->last == (update->lod_px == 128));
    }
    EXPECT((lods == std::vector<std::uint32_t>{64, 128}));
    const auto result = stream.result();
    EXPECT(result && result->header.generator->name == "texgen" && result->timings.total_ms > 0);
    digests.push_back(result ? result->sha256 : "");
  }
  EXPECT(digests[0].size() == 64 && digests[0] == digests[1]);
}

TEST(a_level_comes_step_by_step) {
  for (const MorphogenClient& client : clients()) {
    GenerateLevelRequest request;
    request.size = 16;
    auto stream = client.generate_level(request);
    int steps = 0;
    while (const auto update = stream.next()) {
      const auto* step = std::get_if<LevelRefinement>(&*update);
      steps += step != nullptr ? 1 : 0;
      EXPECT(step == nullptr || step->rows.size() == 16);
    }
    const auto result = stream.result();
    EXPECT(steps > 0 && result && result->files.find("level") != nullptr &&
           result->files.find("refinement") == nullptr);
  }
}

TEST(hints_name_what_will_be_made) {
  for (const MorphogenClient& client : clients()) {
    const auto ids = client.prefetch({small_texture()});
    const auto made = client.generate_texture(small_texture()).result();
    EXPECT(ids && made && ids->size() == 1 && (*ids)[0] == made->header.asset_id);
  }
}

TEST(a_viewer_gets_what_it_sees_and_loses_what_it_leaves) {
  for (const MorphogenClient& client : clients()) {
    ExploreStart start = small_world();
    start.credit = 2;
    start.viewer = Viewer{256, 256, 0, 0};
    auto world = client.explore_world(start);
    bool first_came = false;
    bool first_left = false;
    bool far_came = false;
    bool moved = false;
    while (const auto event = world.next()) {
      if (const auto* chunk = std::get_if<Chunk>(&*event)) {
        first_came |= chunk->row == 0 && chunk->column == 0;
        far_came |= chunk->row == 0 && chunk->column == 10;
        EXPECT(chunk->vertices == 33 && chunk->files.find("height") != nullptr &&
               chunk->files.find("chunk") != nullptr);
      } else if (const auto* evicted = std::get_if<Evicted>(&*event)) {
        for (const HeldChunk& each : evicted->chunks) {
          first_left |= each.row == 0 && each.column == 0;
        }
      } else if (std::holds_alternative<Settled>(*event)) {
        far_came ? world.finish() : world.move({256 + 512 * 10, 256, 0, 0});
        moved = true;
      }
    }
    EXPECT(!world.error() && moved && first_came && first_left && far_came);
  }
}

TEST(a_viewer_that_is_nowhere_is_refused) {
  for (const MorphogenClient& client : clients()) {
    auto world = client.explore_world(small_world());
    while (const auto event = world.next()) {
      if (std::holds_alternative<Settled>(*event)) {
        world.move({std::nan(""), 0, 0, 0});
      }
    }
    EXPECT(world.error() && world.error()->kind == ErrorKind::invalid_request);
  }
}

TEST(controls_show_in_order_and_each_is_answered) {
  for (std::size_t transport = 0; transport < 2; ++transport) {
    const MorphogenClient client = clients()[transport];
    FrameStream wanted;
    wanted.identity.emplace().seed = 3;
    wanted.poses = true;
    wanted.best_effort = true;  // whatever else this machine does
    wanted.frame_count = 60;
    auto frames = transport == 0 ? client.play_frames({wanted, {}, false}) : client.stream_frames({wanted, {}});
    std::uint32_t last = 0;
    std::uint32_t shown = 0;
    std::uint32_t number = 0;
    while (const auto frame = frames.next()) {
      EXPECT(frame->number == number && frame->pose && frame->data.empty() && frame->description != nullptr);
      number += 1;
      EXPECT(frame->control_count >= shown && frame->control_count <= last);
      shown = frame->control_count;
      if (number % 10 == 5 && number < 40) {
        for (int count = 0; count < 3; ++count) {
          CharacterControl control;
          control.speed_mps = 0.1 * number;
          const auto sent = frames.steer(control);
          EXPECT(sent && *sent == last + 1);
          last += 1;
        }
      }
    }
    EXPECT(!frames.error() && number == 60 && last == 12 && shown == 12);
    std::printf("%s", frames.error() ? (frames.error()->message + "\n").c_str() : "");
    const auto result = frames.result();
    EXPECT(result && result->sha256.size() == 64 && result->files.find("description") != nullptr);
  }
}

TEST(a_control_that_cannot_be_ends_the_stream_with_its_reason) {
  for (std::size_t transport = 0; transport < 2; ++transport) {
    const MorphogenClient client = clients()[transport];
    FrameStream wanted;
    wanted.identity.emplace().seed = 3;
    wanted.poses = true;
    wanted.best_effort = true;  // whatever else this machine does
    auto frames = transport == 0 ? client.play_frames({wanted, {}, false}) : client.stream_frames({wanted, {}});
    int count = 0;
    while (frames.next()) {
      if (++count == 3) {
        CharacterControl control;
        control.action = "fly to the moon";
        (void)frames.steer(control);
      }
    }
    EXPECT(frames.error() && frames.error()->kind == ErrorKind::invalid_request);
    EXPECT(frames.error() && frames.error()->value == "fly to the moon");
  }
}

TEST(gaps_in_what_a_transport_can_do_are_told) {
  auto frames = connect(url).stream_frames({});
  EXPECT(!frames.next() && frames.error()->kind == ErrorKind::unsupported);
  EXPECT(clients()[0].healthy() && clients()[1].healthy());
  EXPECT(!connect("http://127.0.0.1:1").healthy() && !connect_native("127.0.0.1:1").healthy());
}

TEST(hundreds_of_streams_are_cancelled_at_any_moment) {
  for (const MorphogenClient& client : clients()) {
    std::vector<std::thread> threads;
    std::atomic<int> surprises{0};
    for (unsigned seed = 1; seed <= 4; ++seed) {
      threads.emplace_back([&client, &surprises, seed] {
        std::minstd_rand random(seed);
        for (int round = 0; round < 50; ++round) {
          StreamProbeRequest request;
          request.part_size_bytes = 1 + static_cast<std::uint32_t>(random() % 300'000);
          request.part_count = 100'000;
          auto stream = client.probe(request);
          std::thread canceller([&stream, pause = random() % 20'000] {
            std::this_thread::sleep_for(std::chrono::microseconds(pause));
            stream.cancel();
          });
          for (auto left = random() % 50; left > 0 && stream.next(); --left) {
          }
          surprises += stream.error() && stream.error()->kind != ErrorKind::cancelled ? 1 : 0;
          canceller.join();
        }
      });
    }
    for (std::thread& each : threads) {
      each.join();
    }
    EXPECT(surprises == 0);
  }
}

int main(int count, char** arguments) {
  if (count != 3) {
    std::fprintf(stderr, "usage: server_tests URL TARGET\n");
    return 2;
  }
  url = arguments[1];
  target = arguments[2];
  const auto before = open_things::now();
  const int code = test::run_all();
  const auto left = open_things::left_since(before);
  for (const std::string& each : left) {
    std::printf("FAILED still there at the end: %s\n", each.c_str());
  }
  return left.empty() ? code : 1;
}
