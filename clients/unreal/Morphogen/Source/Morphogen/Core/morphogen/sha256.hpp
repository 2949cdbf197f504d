// Copied from clients/cpp by copy_core.py. Do not edit.
// SHA-256 (FIPS 180-4), so that a header-only core needs no library for its checksums.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

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
        compress(from);
        from += block_.size();
        size_bytes -= block_.size();
        continue;
      }
      const std::size_t taken = size_bytes < block_.size() - filled_ ? size_bytes : block_.size() - filled_;
      std::memcpy(block_.data() + filled_, from, taken);
      filled_ += taken;
      from += taken;
      size_bytes -= taken;
      if (filled_ == block_.size()) {
        compress(block_.data());
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
  static std::uint32_t turned(std::uint32_t word, int bits) { return (word >> bits) | (word << (32 - bits)); }

  void compress(const std::uint8_t* block) {
    static constexpr std::uint32_t constants[64] = {
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
    std::uint32_t w[64];
    for (int t = 0; t < 16; ++t) {
      w[t] = static_cast<std::uint32_t>(block[4 * t]) << 24 | static_cast<std::uint32_t>(block[4 * t + 1]) << 16 |
             static_cast<std::uint32_t>(block[4 * t + 2]) << 8 | static_cast<std::uint32_t>(block[4 * t + 3]);
    }
    for (int t = 16; t < 64; ++t) {
      const std::uint32_t s0 = turned(w[t - 15], 7) ^ turned(w[t - 15], 18) ^ (w[t - 15] >> 3);
      const std::uint32_t s1 = turned(w[t - 2], 17) ^ turned(w[t - 2], 19) ^ (w[t - 2] >> 10);
      w[t] = w[t - 16] + s0 + w[t - 7] + s1;
    }
    auto [a, b, c, d, e, f, g, h] = state_;
    for (int t = 0; t < 64; ++t) {
      const std::uint32_t sum1 = turned(e, 6) ^ turned(e, 11) ^ turned(e, 25);
      const std::uint32_t t1 = h + sum1 + ((e & f) ^ (~e & g)) + constants[t] + w[t];
      const std::uint32_t sum0 = turned(a, 2) ^ turned(a, 13) ^ turned(a, 22);
      const std::uint32_t t2 = sum0 + ((a & b) ^ (a & c) ^ (b & c));
      h = g;
      g = f;
      f = e;
      e = d + t1;
      d = c;
      c = b;
      b = a;
      a = t1 + t2;
    }
    const std::array<std::uint32_t, 8> added{a, b, c, d, e, f, g, h};
    for (std::size_t index = 0; index < added.size(); ++index) {
      state_[index] += added[index];
    }
  }

  std::array<std::uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
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
