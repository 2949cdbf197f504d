// What a process has open, by Linux's /proc: threads and sockets.
#pragma once

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace open_things {

using Open = std::set<std::string>;

/// Threads by name and number, sockets by theirs.
inline Open now() {
  Open open;
  std::error_code ignored;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task", ignored)) {
    std::ifstream file(task.path() / "comm");
    std::string name;
    std::getline(file, name);
    open.insert("thread " + name + " " + task.path().filename().string());
  }
  for (const auto& each : std::filesystem::directory_iterator("/proc/self/fd", ignored)) {
    const std::string target = std::filesystem::read_symlink(each.path(), ignored).string();
    if (target.rfind("socket:", 0) == 0) {
      open.insert(target);
    }
  }
  return open;
}

/// What was not open before, and still is after two seconds.
inline std::vector<std::string> left_since(const Open& before) {
  const auto due = std::chrono::steady_clock::now() + std::chrono::seconds(2);
  for (;;) {
    const Open open = now();
    std::vector<std::string> left;
    std::set_difference(open.begin(), open.end(), before.begin(), before.end(), std::back_inserter(left));
    if (left.empty() || std::chrono::steady_clock::now() > due) {
      for (std::string& each : left) {
        each = '"' + each + '"';
      }
      return left;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

}  // namespace open_things
