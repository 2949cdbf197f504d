// What SHA-256 does to each block of 64 bytes: by the processor's own instructions where it has them, else word by word.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#if defined(__x86_64__) || defined(_M_X64)
#define MORPHOGEN_SHA_INSTRUCTIONS 1
#include <immintrin.h>
#if defined(_MSC_VER)
#include <intrin.h>
#define MORPHOGEN_FOR_SHA
#else
#include <cpuid.h>
#define MORPHOGEN_FOR_SHA __attribute__((target("sha,sse4.1")))
#endif
#endif

namespace morphogen {

/// The words a to h between two blocks.
using Sha256State = std::array<std::uint32_t, 8>;

/// The constants of the 64 rounds.
alignas(16) inline constexpr std::uint32_t sha256_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

inline std::uint32_t turned_right(std::uint32_t word, int bits) { return (word >> bits) | (word << (32 - bits)); }

/// Blocks in plain words.
inline void compress_in_words(Sha256State& state, const std::uint8_t* block, std::size_t count) {
  for (; count > 0; --count, block += 64) {
    std::uint32_t w[64];
    for (int t = 0; t < 16; ++t) {
      w[t] = static_cast<std::uint32_t>(block[4 * t]) << 24 | static_cast<std::uint32_t>(block[4 * t + 1]) << 16 |
             static_cast<std::uint32_t>(block[4 * t + 2]) << 8 | static_cast<std::uint32_t>(block[4 * t + 3]);
    }
    for (int t = 16; t < 64; ++t) {
      const std::uint32_t s0 = turned_right(w[t - 15], 7) ^ turned_right(w[t - 15], 18) ^ (w[t - 15] >> 3);
      const std::uint32_t s1 = turned_right(w[t - 2], 17) ^ turned_right(w[t - 2], 19) ^ (w[t - 2] >> 10);
      w[t] = w[t - 16] + s0 + w[t - 7] + s1;
    }
    auto [a, b, c, d, e, f, g, h] = state;
    for (int t = 0; t < 64; ++t) {
      const std::uint32_t sum1 = turned_right(e, 6) ^ turned_right(e, 11) ^ turned_right(e, 25);
      const std::uint32_t t1 = h + sum1 + ((e & f) ^ (~e & g)) + sha256_constants[t] + w[t];
      const std::uint32_t sum0 = turned_right(a, 2) ^ turned_right(a, 13) ^ turned_right(a, 22);
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
    const Sha256State added{a, b, c, d, e, f, g, h};
    for (std::size_t index = 0; index < added.size(); ++index) {
      state[index] += added[index];
    }
  }
}

#if defined(MORPHOGEN_SHA_INSTRUCTIONS)

/// Whether this processor has the SHA extensions, and SSSE3 and SSE4.1 beside them.
inline bool has_sha_instructions() {
#if defined(_MSC_VER)
  int leaf[4];
  __cpuid(leaf, 0);
  if (leaf[0] < 7) {
    return false;
  }
  __cpuid(leaf, 1);
  const bool shuffles = (leaf[2] >> 9 & leaf[2] >> 19 & 1) != 0;
  __cpuidex(leaf, 7, 0);
  return shuffles && (leaf[1] >> 29 & 1) != 0;
#else
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  const bool shuffles = __get_cpuid(1, &a, &b, &c, &d) != 0 && (c >> 9 & c >> 19 & 1) != 0;
  return shuffles && __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b >> 29 & 1) != 0;
#endif
}

/// Blocks by the SHA extensions, two rounds an instruction. They want the state as (a, b, e, f) and (c, d, g, h).
MORPHOGEN_FOR_SHA inline void compress_by_instructions(Sha256State& state, const std::uint8_t* block,
                                                       std::size_t count) {
  const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  const __m128i badc = _mm_shuffle_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(&state[0])), 0xb1);
  const __m128i hgfe = _mm_shuffle_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(&state[4])), 0x1b);
  __m128i abef = _mm_alignr_epi8(badc, hgfe, 8);
  __m128i cdgh = _mm_blend_epi16(hgfe, badc, 0xf0);
  for (; count > 0; --count, block += 64) {
    const __m128i abef_before = abef;
    const __m128i cdgh_before = cdgh;
    __m128i w[4];  // the last 16 words of the message schedule
    for (int round = 0; round < 16; ++round) {
      __m128i& oldest = w[round % 4];
      if (round < 4) {
        oldest = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block + 16 * round));
        oldest = _mm_shuffle_epi8(oldest, big_endian);
      } else {
        const __m128i newest = w[(round + 3) % 4];
        const __m128i seven_ago = _mm_alignr_epi8(newest, w[(round + 2) % 4], 4);
        oldest = _mm_add_epi32(_mm_sha256msg1_epu32(oldest, w[(round + 1) % 4]), seven_ago);
        oldest = _mm_sha256msg2_epu32(oldest, newest);
      }
      const __m128i constants = _mm_load_si128(reinterpret_cast<const __m128i*>(sha256_constants + 4 * round));
      const __m128i added = _mm_add_epi32(oldest, constants);
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, added);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(added, 0x0e));
    }
    abef = _mm_add_epi32(abef, abef_before);
    cdgh = _mm_add_epi32(cdgh, cdgh_before);
  }
  const __m128i feba = _mm_shuffle_epi32(abef, 0x1b);
  const __m128i dchg = _mm_shuffle_epi32(cdgh, 0xb1);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(&state[0]), _mm_blend_epi16(feba, dchg, 0xf0));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(&state[4]), _mm_alignr_epi8(dchg, feba, 8));
}

#endif

/// So many blocks, in order.
inline void compress_blocks(Sha256State& state, const std::uint8_t* block, std::size_t count) {
#if defined(MORPHOGEN_SHA_INSTRUCTIONS)
  static const bool by_instructions = has_sha_instructions();
  if (by_instructions) {
    compress_by_instructions(state, block, count);
    return;
  }
#endif
  compress_in_words(state, block, count);
}

}  // namespace morphogen
