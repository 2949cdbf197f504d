// Copied from clients/cpp by copy_core.py. Do not edit.
// Puts chunks of a world together; a chunk's pieces follow one another.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "morphogen/files.hpp"
#include "morphogen/proto/world.hpp"
#include "morphogen/streams/assembly.hpp"
#include "morphogen/streams/updates.hpp"

namespace morphogen {

/// A square of a world at one level of detail.
struct Chunk {
  /// Its place: it begins at z = row * chunk_m, x = column * chunk_m.
  std::int32_t row = 0;
  std::int32_t column = 0;
  /// Along its edge: 33, 65, 129 or 257.
  std::uint32_t vertices = 0;
  /// Whether it takes the place of a coarser one.
  bool refines = false;
  /// "chunk" (JSON) and the maps that were asked for.
  Files files;
};

/// Takes pieces and gives the chunks that they complete.
class ChunkAssembler {
 public:
  static constexpr std::uint32_t parts_max = 16;

  /// Whether a chunk has begun and is not complete.
  bool open() const { return part_count_ > 0; }

  Result<std::optional<Chunk>> take(WorldPart piece) {
    if (!piece.part) {
      return broken("a piece of a chunk came empty");
    }
    if (!open()) {
      if (piece.part_count < 1 || piece.part_count > parts_max) {
        return broken("a chunk announces " + std::to_string(piece.part_count) + " parts");
      }
      part_count_ = piece.part_count;
      chunk_ = Chunk{piece.row, piece.column, piece.part->lod_px, false, {}};
    }
    if (piece.row != chunk_.row || piece.column != chunk_.column || piece.part_count != part_count_) {
      return broken("a piece of one chunk came in the middle of another one");
    }
    auto part = parts_.take(std::move(*piece.part));
    if (!part) {
      return std::move(part.error());
    }
    if (!*part) {
      return std::optional<Chunk>();
    }
    if (chunk_.files.find((*part)->map) != nullptr || (*part)->lod_px != chunk_.vertices) {
      return broken("part \"" + (*part)->map + "\" does not belong to its chunk");
    }
    chunk_.files.put(file_of(std::move(**part)));
    if (chunk_.files.size() < part_count_) {
      return std::optional<Chunk>();
    }
    part_count_ = 0;
    return std::optional<Chunk>(std::exchange(chunk_, Chunk()));
  }

 private:
  PartAssembler parts_;
  Chunk chunk_;
  std::uint32_t part_count_ = 0;
};

}  // namespace morphogen
