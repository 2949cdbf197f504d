// What came of a case: counts what the client hands out, and makes the line that the kit reads.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "asked.hpp"

namespace conformance {

inline const char* outcome_of(morphogen::ErrorKind kind) {
  switch (kind) {
    case morphogen::ErrorKind::invalid_request: return "invalid_request";
    case morphogen::ErrorKind::not_found: return "not_found";
    case morphogen::ErrorKind::overloaded: return "overloaded";
    case morphogen::ErrorKind::unavailable: return "unavailable";
    case morphogen::ErrorKind::unauthenticated: return "unauthenticated";
    case morphogen::ErrorKind::permission_denied: return "permission_denied";
    case morphogen::ErrorKind::deadline_exceeded: return "deadline_exceeded";
    case morphogen::ErrorKind::cancelled: return "cancelled";
    case morphogen::ErrorKind::generation: return "generation";
    case morphogen::ErrorKind::unsupported: return "unsupported";
    case morphogen::ErrorKind::broken_stream: return "broken_stream";
    case morphogen::ErrorKind::checksum_mismatch: return "checksum_mismatch";
    default: return "server";
  }
}

class Tally {
 public:
  explicit Tally(const morphogen::json::Value& asked) : asked_(asked) { tell("case", json_text(asked["name"].text())); }

  std::size_t parts() const { return parts_; }
  std::size_t settled() const { return settled_; }

  void take(const morphogen::TextureUpdate& update) {
    for (const auto& file : update.maps) {
      add(*file);
    }
  }
  void take(const morphogen::FileUpdate& update) {
    first_sequence(update.sequence);
    add(*update.file);
  }
  void take(const morphogen::LevelUpdate& update) {
    const auto* step = std::get_if<morphogen::LevelRefinement>(&update);
    add(step != nullptr ? *step->document : *std::get_if<morphogen::FileUpdate>(&update)->file);
  }
  void take(const morphogen::Frame& frame) {
    numbers_.push_back(frame.number);
    controls_ = std::max(controls_, frame.control_count);
    count(frame.format == morphogen::FrameFormat::unspecified ? "pose" : "frame", frame.part_bytes);
  }
  void take(const morphogen::WorldEvent& event) {
    if (const auto* chunk = std::get_if<morphogen::Chunk>(&event)) {
      std::size_t size_bytes = 0;
      for (const auto& file : chunk->files) {
        size_bytes += file->data.size();
      }
      count("chunk", size_bytes);
    } else if (const auto* evicted = std::get_if<morphogen::Evicted>(&event)) {
      evicted_ += evicted->chunks.size();
    } else if (std::holds_alternative<morphogen::Settled>(event)) {
      settled_ += 1;
    }
  }
  void finish(const morphogen::AssetResult& result) {
    tell("sha256", json_text(result.sha256));
    if (numbers_.empty() && !asked_["arrivals"].boolean()) {  // frames are handed out in pieces
      tell("handedSha256", json_text(morphogen::hex(digest_)));
    }
  }
  void explored(std::size_t held) {
    tell("settled", std::to_string(settled_));
    tell("evicted", std::to_string(evicted_));
    tell("held", std::to_string(held));
  }
  void generators(const std::vector<morphogen::Generator>& all) {
    for (const auto& each : all) {
      count(each.ref ? each.ref->name : "", 0);
    }
  }
  void healthy(bool is) { tell("healthy", is ? "true" : "false"); }
  void cancelled() { outcome_ = "cancelled"; }
  void skipped(const std::string& why) {
    outcome_ = "skipped";
    tell("message", json_text(why));
  }
  void fail(const morphogen::Error& error) {
    outcome_ = outcome_of(error.kind);
    tell("message", json_text(error.message));
    if (error.is(morphogen::ErrorKind::invalid_request)) {
      tell("field", json_text(error.field));
      tell("value", json_text(error.value));
      tell("allowed", json_text(error.allowed));
    }
    if (error.is(morphogen::ErrorKind::server)) {
      tell("code", json_text(error.code));
    }
    if (error.retry_after) {
      tell("retryAfterMs", std::to_string(error.retry_after->count()));
    }
  }

  /// The call is over.
  void stop() { tell("elapsedMs", elapsed_ms()); }

  /// Print the line; without what is left, if nobody asked.
  void show(const std::vector<std::string>* leaks) {
    tell("outcome", json_text(outcome_));
    tell("parts", std::to_string(parts_));
    tell("bytes", std::to_string(size_bytes_));
    tell("names", list(names_));
    if (!arrivals_ms_.empty()) {
      tell("firstPartMs", arrivals_ms_.front());
    }
    if (asked_["arrivals"].boolean()) {
      tell("arrivalsMs", list(arrivals_ms_));
    }
    if (!numbers_.empty()) {
      tell("dropped", std::to_string(numbers_.back() - numbers_.front() + 1 - numbers_.size()));
      tell("controls", std::to_string(controls_));
    }
    if (leaks != nullptr) {
      tell("leaks", list(*leaks));
    }
    std::printf("RESULT {%s}\n", line_.c_str());
    std::fflush(stdout);
  }

 private:
  void tell(const std::string& name, const std::string& json) {
    line_ += (line_.empty() ? "" : ", ") + json_text(name) + ": " + json;
  }

  static std::string list(const std::vector<std::string>& values) {
    std::string text;
    for (const auto& each : values) {
      text += (text.empty() ? "" : ", ") + each;
    }
    return "[" + text + "]";
  }

  std::string elapsed_ms() const {
    char text[32];
    const std::chrono::duration<double, std::milli> since = std::chrono::steady_clock::now() - started_;
    std::snprintf(text, sizeof text, "%.3f", since.count());
    return text;
  }

  void first_sequence(std::uint32_t sequence) {
    if (parts_ == 0) {
      tell("firstSequence", std::to_string(sequence));
    }
  }

  void add(const morphogen::File& file) {
    count(file.name, file.data.size());
    if (!asked_["arrivals"].boolean()) {  // speed is measured then, and the client has looked at every sum already
      follow(morphogen::Sha256().add(file.data).digest());
    }
  }

  void follow(const morphogen::Digest& next) { digest_ = morphogen::Sha256().add(digest_).add(next).digest(); }

  void count(const std::string& name, std::size_t size_bytes) {
    if (std::find(names_.begin(), names_.end(), json_text(name)) == names_.end()) {
      names_.push_back(json_text(name));
    }
    arrivals_ms_.push_back(elapsed_ms());
    parts_ += 1;
    size_bytes_ += size_bytes;
  }

  const morphogen::json::Value& asked_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::string line_;
  std::string outcome_ = "ok";
  std::vector<std::string> names_;
  std::vector<std::string> arrivals_ms_;
  std::vector<std::uint32_t> numbers_;
  morphogen::Digest digest_{};
  std::size_t parts_ = 0;
  std::size_t size_bytes_ = 0;
  std::size_t settled_ = 0;
  std::size_t evicted_ = 0;
  std::uint32_t controls_ = 0;
};

}  // namespace conformance
