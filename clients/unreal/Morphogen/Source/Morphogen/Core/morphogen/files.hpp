// Copied from clients/cpp by copy_core.py. Do not edit.
// Files as they come: PNG maps, JSON documents, binary glTF.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "morphogen/wire.hpp"

namespace morphogen {

/// One file.
struct File {
  /// "albedo", "height", "scene" and the like.
  std::string name;
  /// E.g. "image/png".
  std::string media_type;
  Bytes data;
  /// Edge length of this level of detail; 0 for files that have none.
  std::uint32_t lod_px = 0;
};

/// Files are checked once, shared and never changed.
using FilePtr = std::shared_ptr<const File>;

/// Files by name, in the order in which they came. Cheap to copy.
class Files {
 public:
  /// The file of that name; nullptr if there is none.
  const File* find(std::string_view name) const {
    for (const FilePtr& file : files_) {
      if (file->name == name) {
        return file.get();
      }
    }
    return nullptr;
  }

  /// Add a file; it takes the place of one of the same name.
  void put(FilePtr file) {
    for (FilePtr& before : files_) {
      if (before->name == file->name) {
        before = std::move(file);
        return;
      }
    }
    files_.push_back(std::move(file));
  }

  void clear() { files_.clear(); }
  std::size_t size() const { return files_.size(); }
  std::vector<FilePtr>::const_iterator begin() const { return files_.begin(); }
  std::vector<FilePtr>::const_iterator end() const { return files_.end(); }

 private:
  std::vector<FilePtr> files_;
};

}  // namespace morphogen
