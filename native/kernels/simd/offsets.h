#pragma once

// Only for .simd.cc files: where in its window the maximum of each lane stands.
#include "kernels/simd/floats.h"

namespace kernels::ENAS_ISA {
namespace {

#ifdef __AVX512F__

struct Offsets {
  __m512i value;

  static Offsets all(std::int64_t n) { return {_mm512_set1_epi32(static_cast<int>(n))}; }
  void store(std::uint8_t* to, std::int64_t n) const {
    _mm512_mask_cvtepi32_storeu_epi8(to, Floats::first(n), value);
  }

  // Where x is above best, or NaN, it takes its place.
  friend void takeGreater(Floats& best, Offsets& offsets, Floats x, Offsets offset) {
    const __mmask16 greater = _mm512_cmp_ps_mask(x.value, best.value, _CMP_GT_OQ);
    const __mmask16 isNan = _mm512_cmp_ps_mask(x.value, x.value, _CMP_UNORD_Q);
    const __mmask16 taken = _kor_mask16(greater, isNan);
    best.value = _mm512_mask_mov_ps(best.value, taken, x.value);
    offsets.value = _mm512_mask_mov_epi32(offsets.value, taken, offset.value);
  }
};

// x where the offset read from memory is the one wanted, else 0; n lanes are there.
inline Floats whereOffset(const std::uint8_t* from, std::int64_t n, std::uint8_t wanted, Floats x) {
  const __m128i bytes = _mm_maskz_loadu_epi8(Floats::first(n), from);
  const __mmask16 equal = _mm_cmpeq_epi8_mask(bytes, _mm_set1_epi8(static_cast<char>(wanted)));
  return {_mm512_maskz_mov_ps(equal, x.value)};
}

#else

struct Offsets {
  __m256i value;

  static Offsets all(std::int64_t n) { return {_mm256_set1_epi32(static_cast<int>(n))}; }
  void store(std::uint8_t* to, std::int64_t n) const {
    const __m128i low = _mm256_castsi256_si128(value);
    const __m128i words = _mm_packus_epi32(low, _mm256_extracti128_si256(value, 1));
    const __m128i bytes = _mm_packus_epi16(words, words);
    if (n == Floats::kLanes) {
      _mm_storel_epi64(reinterpret_cast<__m128i*>(to), bytes);
    } else {
      alignas(16) std::uint8_t some[16];
      _mm_store_si128(reinterpret_cast<__m128i*>(some), bytes);
      for (std::int64_t i = 0; i < n; ++i) to[i] = some[i];
    }
  }

  // Where x is above best, or NaN, it takes its place.
  friend void takeGreater(Floats& best, Offsets& offsets, Floats x, Offsets offset) {
    const __m256 greater = _mm256_cmp_ps(x.value, best.value, _CMP_GT_OQ);
    const __m256 isNan = _mm256_cmp_ps(x.value, x.value, _CMP_UNORD_Q);
    const __m256 taken = _mm256_or_ps(greater, isNan);
    best.value = _mm256_blendv_ps(best.value, x.value, taken);
    offsets.value = _mm256_blendv_epi8(offsets.value, offset.value, _mm256_castps_si256(taken));
  }
};

// x where the offset read from memory is the one wanted, else 0; n lanes are there.
inline Floats whereOffset(const std::uint8_t* from, std::int64_t n, std::uint8_t wanted, Floats x) {
  __m128i bytes;
  if (n == Floats::kLanes) {
    bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from));
  } else {
    alignas(16) std::uint8_t some[16] = {};
    for (std::int64_t i = 0; i < n; ++i) some[i] = from[i];
    bytes = _mm_load_si128(reinterpret_cast<const __m128i*>(some));
  }
  const __m256i equal = _mm256_cmpeq_epi32(_mm256_cvtepu8_epi32(bytes), _mm256_set1_epi32(wanted));
  return {_mm256_and_ps(_mm256_castsi256_ps(equal), x.value)};
}

#endif

}  // namespace
}  // namespace kernels::ENAS_ISA
