// Copied from clients/cpp by copy_core.py. Do not edit.
// From the messages of one stream to checked parts: order, sizes and SHA-256. No network, no clock.
//
// A stream is a header, then parts in chunks, then a trailer. Whatever does not follow that is refused before anybody
// sees a byte of the part concerned.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "morphogen/errors.hpp"
#include "morphogen/proto/common.hpp"
#include "morphogen/sha256.hpp"

namespace morphogen {

/// Largest part that is accepted.
inline constexpr std::uint32_t part_max_bytes = 256u << 20;

/// One complete, checked part: the bytes of a file or a frame.
struct Part {
  std::uint32_t sequence = 0;
  std::string map;
  std::uint32_t lod_px = 0;
  std::string media_type;
  Bytes data;
  Digest sha256{};
  Bytes resume_token;
  std::uint32_t control_count = 0;
};

inline Error broken(std::string message) { return {ErrorKind::broken_stream, std::move(message)}; }

/// Whether a part may be called so: its name becomes a file's, and no server gets to write elsewhere than into the
/// folder that was named.
inline bool names_part(const std::string& name) {
  const auto plain = [](char each) {
    return (each >= 'a' && each <= 'z') || (each >= '0' && each <= '9') || each == '_';
  };
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), plain);
}

/// Puts the chunks of parts together, one part after the other.
class PartAssembler {
 public:
  /// Whether a part has begun and is not complete.
  bool open() const { return chunk_index_ > 0; }

  /// Take the next chunk; the part, if this chunk completes one.
  Result<std::optional<Part>> take(PartChunk chunk) {
    const std::string name = "part " + std::to_string(chunk.sequence);
    if (chunk_index_ == 0) {
      if (chunk.part_size_bytes > part_max_bytes) {
        return broken(name + " has " + std::to_string(chunk.part_size_bytes) + " bytes, more than is accepted");
      }
      if (!names_part(chunk.map)) {
        return broken(name + ": its name is no name of a part");
      }
      part_.sequence = chunk.sequence;
      part_.map = std::move(chunk.map);
      part_.lod_px = chunk.lod_px;
      part_.media_type = std::move(chunk.media_type);
      part_.control_count = chunk.control_count;
      part_.data.clear();
      chunk_count_ = chunk.chunk_count;
      size_bytes_ = chunk.part_size_bytes;
    } else if (chunk.sequence != part_.sequence || chunk.map != part_.map) {
      return broken(name + " came in the middle of part " + std::to_string(part_.sequence));
    }
    if (chunk.chunk_index != chunk_index_ || chunk.chunk_count != chunk_count_ || chunk.chunk_index >= chunk_count_ ||
        chunk.part_size_bytes != size_bytes_) {
      return broken(name + ": chunk " + std::to_string(chunk.chunk_index) + " came where " +
                    std::to_string(chunk_index_) + " was due");
    }
    if (part_.data.empty()) {
      part_.data = std::move(chunk.data);
    } else {
      part_.data.insert(part_.data.end(), chunk.data.begin(), chunk.data.end());
    }
    const bool complete = ++chunk_index_ == chunk_count_;
    if (part_.data.size() > size_bytes_ || (complete && part_.data.size() != size_bytes_)) {
      return broken(name + ": " + std::to_string(part_.data.size()) + " bytes of " + std::to_string(size_bytes_) +
                    " came");
    }
    if (!complete) {
      return std::optional<Part>();
    }
    chunk_index_ = 0;
    part_.sha256 = Sha256().add(part_.data).digest();
    if (!equal(part_.sha256, chunk.part_sha256)) {
      return Error(ErrorKind::checksum_mismatch, name + " has another SHA-256 than the server announced");
    }
    part_.resume_token = std::move(chunk.resume_token);
    return std::optional<Part>(std::exchange(part_, Part()));
  }

 private:
  Part part_;
  std::uint32_t chunk_index_ = 0;  // of the chunk that is due
  std::uint32_t chunk_count_ = 0;
  std::uint32_t size_bytes_ = 0;
};

/// Any message of a generating stream.
using StreamPayload = std::variant<std::monostate, StreamHeader, PartChunk, StreamTrailer>;

/// Takes the messages of one stream, over several attempts, and gives the parts that they complete.
class StreamAssembler {
 public:
  /// `gaps`: parts may be missing, as a server that delivers live leaves them out.
  explicit StreamAssembler(bool gaps, Bytes resume_token) : resume_token_(std::move(resume_token)), gaps_(gaps) {}

  const std::optional<StreamHeader>& header() const { return header_; }
  const std::optional<StreamTrailer>& trailer() const { return trailer_; }

  /// Continues the stream behind the last part that came; empty if it cannot be continued.
  const Bytes& resume_token() const { return resume_token_; }

  /// A new attempt begins: its header comes first, and what was incomplete is forgotten.
  void restart() {
    parts_ = PartAssembler();
    expects_header_ = true;
  }

  /// Take the next message; the part, if it completes one.
  Result<std::optional<Part>> receive(StreamPayload payload) {
    auto* header = std::get_if<StreamHeader>(&payload);
    if (trailer_ || (header != nullptr) != expects_header_) {
      return broken(trailer_          ? "the stream went on behind its trailer"
                    : expects_header_ ? "the stream sent no header first"
                                      : "the stream sent a second header");
    }
    if (header != nullptr) {
      return failed(take_header(std::move(*header)));
    }
    if (auto* chunk = std::get_if<PartChunk>(&payload)) {
      return take_chunk(std::move(*chunk));
    }
    if (auto* trailer = std::get_if<StreamTrailer>(&payload)) {
      return failed(take_trailer(std::move(*trailer)));
    }
    return std::optional<Part>();  // a message of a later version
  }

 private:
  static Result<std::optional<Part>> failed(std::optional<Error> error) {
    return error ? Result<std::optional<Part>>(std::move(*error)) : std::optional<Part>();
  }

  std::optional<Error> take_header(StreamHeader header) {
    const std::uint32_t first = header.first_sequence;
    if (header.part_count < 1 || first > header.part_count) {
      return broken("the header announces part " + std::to_string(first) + " of " + std::to_string(header.part_count));
    }
    if (!header_) {
      if (first > 0 && resume_token_.empty()) {
        return broken("the stream starts at part " + std::to_string(first) + ", which was not asked for");
      }
      next_sequence_ = part_count_ = first;
      knows_all_ = first == 0;
    } else if (header.asset_id != header_->asset_id) {
      return broken("the stream goes on with another asset than it began with");
    } else if (first != next_sequence_) {
      return broken("the stream goes on at part " + std::to_string(first) + ", not at " +
                    std::to_string(next_sequence_));
    }
    expects_header_ = false;
    header_ = std::move(header);
    return std::nullopt;
  }

  Result<std::optional<Part>> take_chunk(PartChunk chunk) {
    const bool fits = chunk.sequence == next_sequence_ || (gaps_ && chunk.sequence > next_sequence_);
    if (!fits || chunk.sequence >= header_->part_count) {
      return broken("the stream sent part " + std::to_string(chunk.sequence) + " of " +
                    std::to_string(header_->part_count) + " where part " + std::to_string(next_sequence_) + " was due");
    }
    auto taken = parts_.take(std::move(chunk));
    if (taken && *taken) {
      const Part& part = **taken;
      next_sequence_ = part.sequence + 1;
      part_count_ += 1;
      size_bytes_ += part.data.size();
      resume_token_ = part.resume_token;
      digest_ = Sha256().add(digest_).add(part.sha256).digest();
    }
    return taken;
  }

  std::optional<Error> take_trailer(StreamTrailer trailer) {
    const bool missing = next_sequence_ != header_->part_count && !gaps_;
    const bool counted = (gaps_ && !knows_all_) || trailer.part_count == part_count_;
    if (parts_.open() || missing || !counted || (knows_all_ && trailer.size_bytes != size_bytes_)) {
      return broken("the trailer counts " + std::to_string(trailer.part_count) + " parts with " +
                    std::to_string(trailer.size_bytes) + " bytes; " + std::to_string(part_count_) + " with " +
                    std::to_string(size_bytes_) + " came");
    }
    if (knows_all_ && !equal(digest_, trailer.sha256)) {
      return Error(ErrorKind::checksum_mismatch, "the stream has another digest than its trailer says");
    }
    trailer_ = std::move(trailer);
    return std::nullopt;
  }

  std::optional<StreamHeader> header_;
  std::optional<StreamTrailer> trailer_;
  Bytes resume_token_;
  bool gaps_;
  bool expects_header_ = true;
  PartAssembler parts_;
  std::uint32_t next_sequence_ = 0;
  std::uint32_t part_count_ = 0;
  std::uint64_t size_bytes_ = 0;
  bool knows_all_ = true;  // none came before a token that this stream began with
  Digest digest_{};
};

}  // namespace morphogen
