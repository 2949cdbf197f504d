// Copied from clients/cpp by copy_core.py. Do not edit.
// SHA-256 (FIPS 180-4), so that a header-only core needs no library for its checksums.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "morphogen/sha256_blocks.hpp"
#include "morphogen/wire.hpp"

namespace morphogen {

/// A digest of 32 bytes.
using Digest = std::array<std::uint8_t, 32>;

/// Takes bytes piece by piece.
class Sha256 {
 public:
  Sha256& add(const void* data, std::size_t size_bytes) {
    const auto* from = static_cast<const std::uint8_t*>(data);
    total_bytes_ += size_bytes;
    while (size_bytes > 0) {
      if (filled_ == 0 && size_bytes >= block_.size()) {
        const std::size_t count = size_bytes / block_.size();
        compress_blocks(state_, from, count);
        from += count * block_.size();
        size_bytes -= count * block_.size();
        continue;
      }
      const std::size_t taken = size_bytes < block_.size() - filled_ ? size_bytes : block_.size() - filled_;
      std::memcpy(block_.data() + filled_, from, taken);
      filled_ += taken;
      from += taken;
      size_bytes -= taken;
      if (filled_ == block_.size()) {
        compress_blocks(state_, block_.data(), 1);
        filled_ = 0;
      }
    }
    return *this;
  }

  template <class Container>
  Sha256& add(const Container& bytes) {
    return bytes.empty() ? *this : add(bytes.data(), bytes.size());
  }

  /// The digest of all that was added; nothing can be added any more.
  Digest digest() {
    const std::uint64_t bits = total_bytes_ * 8;
    const std::array<std::uint8_t, 64> padding{0x80};
    add(padding.data(), (filled_ < 56 ? 56 : 120) - filled_);
    std::array<std::uint8_t, 8> length{};
    for (std::size_t index = 0; index < 8; ++index) {
      length[index] = static_cast<std::uint8_t>(bits >> (56 - 8 * index));
    }
    add(length.data(), length.size());
    Digest digest{};
    for (std::size_t index = 0; index < digest.size(); ++index) {
      digest[index] = static_cast<std::uint8_t>(state_[index / 4] >> (24 - 8 * (index % 4)));
    }
    return digest;
  }

 private:
  Sha256State state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::uint8_t, 64> block_{};
  std::size_t filled_ = 0;
  std::uint64_t total_bytes_ = 0;
};

/// Whether bytes are that digest.
inline bool equal(const Digest& digest, const Bytes& bytes) {
  return bytes.size() == digest.size() && std::memcmp(digest.data(), bytes.data(), digest.size()) == 0;
}

/// Bytes as lower-case hex.
template <class Container>
std::string hex(const Container& bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

}  // namespace morphogen
