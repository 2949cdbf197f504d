// A walk through an endless world: 02_world http://127.0.0.1:8080
//
// A thread reads the stream; the loop that a game has anyway moves the viewer and takes what has come.

#include <chrono>
#include <cstdio>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "morphogen/curl.hpp"

int main(int count, char** arguments) {
  if (count != 2) {
    std::fprintf(stderr, "usage: 02_world URL\n");
    return 2;
  }
  const auto client = morphogen::connect(arguments[1]);
  morphogen::ExploreStart start;
  start.landscape.emplace().seed = 5;
  start.view_distance_m = 200;
  start.vertices_max = 33;
  start.maps = {"height"};
  auto world = client.explore_world(start);

  std::mutex mutex;
  std::vector<morphogen::WorldEvent> arrived;
  bool over = false;
  std::thread reader([&] {
    while (auto event = world.next()) {
      const std::lock_guard<std::mutex> lock(mutex);
      arrived.push_back(std::move(*event));
    }
    const std::lock_guard<std::mutex> lock(mutex);
    over = true;
  });

  morphogen::Viewer viewer;
  int settled_count = 0;
  for (bool running = true; running;) {
    std::vector<morphogen::WorldEvent> events;
    {
      const std::lock_guard<std::mutex> lock(mutex);
      events.swap(arrived);
      running = !over;
    }
    for (const auto& event : events) {
      if (const auto* opened = std::get_if<morphogen::WorldOpened>(&event)) {
        viewer = opened->viewer.value_or(viewer);
        std::printf("begins at %.0f, %.0f\n", viewer.x_m, viewer.z_m);
      } else if (const auto* chunk = std::get_if<morphogen::Chunk>(&event)) {
        std::printf("chunk %d, %d with %u vertices\n", chunk->row, chunk->column, chunk->vertices);
      } else if (const auto* evicted = std::get_if<morphogen::Evicted>(&event)) {
        std::printf("%zu chunks out of view\n", evicted->chunks.size());
      } else if (++settled_count == 2) {
        world.finish();
      } else {
        viewer.x_m += 600;
        world.move(viewer);
      }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(16));
  }
  reader.join();
  if (world.error()) {
    std::fprintf(stderr, "%s\n", world.error()->message.c_str());
    return 1;
  }
  std::printf("%zu chunks held\n", world.chunks().size());
  return 0;
}
