// Copied from clients/cpp by copy_core.py. Do not edit.
// What the parts of each kind of asset mean.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "morphogen/files.hpp"
#include "morphogen/json.hpp"
#include "morphogen/streams/assembly.hpp"

namespace morphogen {

/// One complete level of detail of a material: usable at once, replaced by the next one.
struct TextureUpdate {
  /// Edge length in pixels.
  std::uint32_t lod_px = 0;
  /// Whether this is the requested size.
  bool last = false;
  /// PNG files by map, e.g. "albedo". Normal maps are OpenGL (+Y); height is 16-bit.
  Files maps;
};

/// One file of a scene, a world, a chunk, a character, as soon as it is made.
struct FileUpdate {
  FilePtr file;
  /// Number of the file, from 0, and how many there are.
  std::uint32_t sequence = 0;
  std::uint32_t part_count = 0;
};

/// One step on the way to a level.
struct LevelRefinement {
  /// Lines of glyphs.
  std::vector<std::string> rows;
  /// The whole document, JSON.
  FilePtr document;
};

/// A step, or a file of the finished level.
using LevelUpdate = std::variant<LevelRefinement, FileUpdate>;

/// A part as a file.
inline FilePtr file_of(Part part) {
  return std::make_shared<const File>(
      File{std::move(part.map), std::move(part.media_type), std::move(part.data), part.lod_px});
}

/// Gathers the maps of a level of detail.
class TextureReader {
 public:
  using Update = TextureUpdate;

  Result<std::optional<TextureUpdate>> read(const StreamHeader& header, Part part) {
    const std::size_t levels = header.lods_px.empty() ? 1 : header.lods_px.size();
    if (part.lod_px != lod_px_) {
      maps_.clear();
      lod_px_ = part.lod_px;
    }
    maps_.put(file_of(std::move(part)));
    if (maps_.size() < header.part_count / levels) {
      return std::optional<TextureUpdate>();
    }
    const bool last = !header.lods_px.empty() && lod_px_ == header.lods_px.back();
    return std::optional<TextureUpdate>(TextureUpdate{lod_px_, last, maps_});
  }

  /// The maps of the last level of detail.
  const Files& files() const { return maps_; }

 private:
  Files maps_;
  std::uint32_t lod_px_ = 0;
};

/// Every part is a file.
class FilesReader {
 public:
  using Update = FileUpdate;

  Result<std::optional<FileUpdate>> read(const StreamHeader& header, Part part) {
    FileUpdate update{nullptr, part.sequence, header.part_count};
    update.file = file_of(std::move(part));
    files_.put(update.file);
    return std::optional<FileUpdate>(std::move(update));
  }

  const Files& files() const { return files_; }

 private:
  Files files_;
};

/// Tells steps from files.
class LevelReader {
 public:
  using Update = LevelUpdate;

  Result<std::optional<LevelUpdate>> read(const StreamHeader& header, Part part) {
    if (part.map != "refinement") {
      auto update = files_.read(header, std::move(part));
      return std::optional<LevelUpdate>(std::move(**update));
    }
    const auto document = json::parsed(part.data);
    if (!document) {
      return broken("part " + std::to_string(part.sequence) + " is no JSON");
    }
    LevelRefinement step{{}, file_of(std::move(part))};
    for (const json::Value& row : (*document)["rows"].array()) {
      step.rows.push_back(row.text());
    }
    return std::optional<LevelUpdate>(std::move(step));
  }

  const Files& files() const { return files_.files(); }

 private:
  FilesReader files_;
};

}  // namespace morphogen
