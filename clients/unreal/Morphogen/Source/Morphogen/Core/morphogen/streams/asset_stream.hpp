// Copied from clients/cpp by copy_core.py. Do not edit.
// A generating call as its user sees it: updates while it runs, a result at its end.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "morphogen/streams/part_stream.hpp"
#include "morphogen/streams/updates.hpp"

namespace morphogen {

/// A finished asset.
struct AssetResult {
  /// Who made it and from which request.
  StreamHeader header;
  /// Digest over all parts in order, in hex; names the result.
  std::string sha256;
  /// Where the time went on the server.
  Timings timings;
  Files files;
};

/// What a stream ended with.
inline Result<AssetResult> result_of(const PartStream& parts, const Files& files) {
  if (parts.error()) {
    return *parts.error();
  }
  const StreamTrailer& trailer = *parts.trailer();
  return AssetResult{*parts.header(), hex(trailer.sha256), trailer.timings.value_or(Timings()), files};
}

/// Updates of one asset. Read it from one thread; `cancel` it from any. Its end cancels what still runs.
template <class Reader>
class AssetStream {
 public:
  using Update = typename Reader::Update;

  explicit AssetStream(std::unique_ptr<PartStream> parts) : parts_(std::move(parts)) {}

  /// Wait for the next update; nothing at the end, and then `error` says whether that was good or bad.
  std::optional<Update> next() {
    while (auto part = parts_->next()) {
      auto update = reader_.read(*parts_->header(), std::move(*part));
      if (!update) {
        parts_->fail(std::move(update.error()));
      } else if (*update) {
        return std::move(*update);
      }
    }
    return std::nullopt;
  }

  /// Why it ended; nothing while it runs, and if all came.
  const std::optional<Error>& error() const { return parts_->error(); }

  /// Read what is left, and give the whole.
  Result<AssetResult> result() {
    while (next()) {
    }
    return result_of(*parts_, reader_.files());
  }

  /// End it: the server stops within a step. Harmless when repeated.
  void cancel() { parts_->cancellation()->cancel(); }

  /// Who answers; nothing before the first update.
  const std::optional<StreamHeader>& header() const { return parts_->header(); }

  /// Continues the stream behind what has been received: in `options` of the same request, later or elsewhere.
  const Bytes& resume_token() const { return parts_->resume_token(); }

  /// Connections so far.
  int attempt_count() const { return parts_->attempt_count(); }

 private:
  std::unique_ptr<PartStream> parts_;
  Reader reader_;
};

using TextureStream = AssetStream<TextureReader>;
using LevelStream = AssetStream<LevelReader>;
using FileStream = AssetStream<FilesReader>;

}  // namespace morphogen
