#pragma once

// Only for .simd.cc files.
#include "kernels/simd/floats.h"

namespace kernels::ENAS_ISA {
namespace {

// As many rows of a matrix as they have lanes become its columns. Each stage trades what lies off
// the diagonal of squares of 2, 4, … rows.
#ifdef __AVX512F__

inline void transposeSquare(Floats (&rows)[Floats::kLanes]) {
  __m512 a[16];
  __m512 b[16];
#pragma GCC unroll 8
  for (int i = 0; i < 16; i += 2) {
    a[i] = _mm512_unpacklo_ps(rows[i].value, rows[i + 1].value);
    a[i + 1] = _mm512_unpackhi_ps(rows[i].value, rows[i + 1].value);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 16; i += 4) {
    b[i] = _mm512_shuffle_ps(a[i], a[i + 2], 0x44);
    b[i + 1] = _mm512_shuffle_ps(a[i], a[i + 2], 0xee);
    b[i + 2] = _mm512_shuffle_ps(a[i + 1], a[i + 3], 0x44);
    b[i + 3] = _mm512_shuffle_ps(a[i + 1], a[i + 3], 0xee);
  }
  // b[4r + c] holds, in its quarter q, column 4q + c of rows 4r to 4r + 3.
#pragma GCC unroll 4
  for (int c = 0; c < 4; ++c) {
    const __m512 even = _mm512_shuffle_f32x4(b[c], b[4 + c], 0x88);
    const __m512 odd = _mm512_shuffle_f32x4(b[c], b[4 + c], 0xdd);
    const __m512 evenBelow = _mm512_shuffle_f32x4(b[8 + c], b[12 + c], 0x88);
    const __m512 oddBelow = _mm512_shuffle_f32x4(b[8 + c], b[12 + c], 0xdd);
    rows[c].value = _mm512_shuffle_f32x4(even, evenBelow, 0x88);
    rows[4 + c].value = _mm512_shuffle_f32x4(odd, oddBelow, 0x88);
    rows[8 + c].value = _mm512_shuffle_f32x4(even, evenBelow, 0xdd);
    rows[12 + c].value = _mm512_shuffle_f32x4(odd, oddBelow, 0xdd);
  }
}

#else

inline void transposeSquare(Floats (&rows)[Floats::kLanes]) {
  __m256 a[8];
  __m256 b[8];
#pragma GCC unroll 4
  for (int i = 0; i < 8; i += 2) {
    a[i] = _mm256_unpacklo_ps(rows[i].value, rows[i + 1].value);
    a[i + 1] = _mm256_unpackhi_ps(rows[i].value, rows[i + 1].value);
  }
#pragma GCC unroll 2
  for (int i = 0; i < 8; i += 4) {
    b[i] = _mm256_shuffle_ps(a[i], a[i + 2], 0x44);
    b[i + 1] = _mm256_shuffle_ps(a[i], a[i + 2], 0xee);
    b[i + 2] = _mm256_shuffle_ps(a[i + 1], a[i + 3], 0x44);
    b[i + 3] = _mm256_shuffle_ps(a[i + 1], a[i + 3], 0xee);
  }
#pragma GCC unroll 4
  for (int c = 0; c < 4; ++c) {
    rows[c].value = _mm256_permute2f128_ps(b[c], b[4 + c], 0x20);
    rows[4 + c].value = _mm256_permute2f128_ps(b[c], b[4 + c], 0x31);
  }
}

#endif

}  // namespace
}  // namespace kernels::ENAS_ISA
