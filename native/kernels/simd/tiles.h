#pragma once

// Only for .simd.cc files, and only where __AMX_BF16__: products of bf16 in tiles.
//
// A tile is 16 rows of 64 bytes. tdpbf16ps adds to 16 × 16 fp32 sums the product of 16 rows of up
// to 32 numbers with up to 32 rows of 16, which lie in pairs: [k/2][column][2].
#include "kernels/simd/floats.h"
#include "kernels/simd/padded.h"

namespace kernels::ENAS_ISA {
namespace {

constexpr std::int64_t kTile = 16;
constexpr std::int64_t kTwoTiles = 2 * kTile;
// What one instruction sums over, at most.
constexpr std::int64_t kStep = 32;
// A packed tile of the right operand.
constexpr std::int64_t kTileElements = kTile * kStep;

inline std::int64_t smaller(std::int64_t a, std::int64_t b) { return a < b ? a : b; }

// Cuts a scratch that starts out as zeros into its parts.
struct Scratch {
  char* next;
  template <typename T>
  T* take(std::int64_t n) {
    T* part = reinterpret_cast<T*>(next);
    next += padded(n * static_cast<std::int64_t>(sizeof(T)), 64);
    return part;
  }
};

struct alignas(64) TileConfig {
  std::uint8_t palette = 1;
  std::uint8_t startRow = 0;
  std::uint8_t reserved[14] = {};
  std::uint16_t bytes[16] = {};
  std::uint8_t rows[16] = {};
};

// Tiles 0 to 5 are sums, 6 is the left operand and 7 the right one. Steps over `step` numbers,
// even.
class Tiles {
 public:
  explicit Tiles(std::int64_t step = kStep) {
    TileConfig config;
    for (int i = 0; i < 8; ++i) {
      config.bytes[i] = 64;
      config.rows[i] = 16;
    }
    config.bytes[6] = static_cast<std::uint16_t>(2 * step);
    config.rows[7] = static_cast<std::uint8_t>(step / 2);
    _tile_loadconfig(&config);
  }
  ~Tiles() { _tile_release(); }
  Tiles(const Tiles&) = delete;
  Tiles& operator=(const Tiles&) = delete;
};

// The operands of a product of 32 rows: sums over `steps` of left rows at left + offset[s] and the
// right tiles at right + s·rightStep + column·rightColumn. Strides count elements.
struct TileOperands {
  const Bf16* left;
  std::int64_t leftStride;
  const std::int64_t* offset;
  std::int64_t steps;
  const Bf16* right;
  std::int64_t rightStride;  // between pairs of rows
  std::int64_t rightStep;
  std::int64_t rightColumn;
};

// sums [16·Rows, 16·Columns] (+)= product
template <int Rows, int Columns, bool Add>
inline void tileBlock(const TileOperands& of, float* sums, std::int64_t stride) {
  const std::int64_t bytes = 4 * stride;
  float* const below = sums + kTile * stride;
  if constexpr (Add) {
    _tile_loadd(0, sums, bytes);
    if constexpr (Columns > 1) _tile_loadd(1, sums + 16, bytes);
    if constexpr (Columns > 2) _tile_loadd(2, sums + 32, bytes);
    if constexpr (Rows > 1) _tile_loadd(3, below, bytes);
    if constexpr (Rows > 1 && Columns > 1) _tile_loadd(4, below + 16, bytes);
    if constexpr (Rows > 1 && Columns > 2) _tile_loadd(5, below + 32, bytes);
  } else {
    _tile_zero(0);
    if constexpr (Columns > 1) _tile_zero(1);
    if constexpr (Columns > 2) _tile_zero(2);
    if constexpr (Rows > 1) _tile_zero(3);
    if constexpr (Rows > 1 && Columns > 1) _tile_zero(4);
    if constexpr (Rows > 1 && Columns > 2) _tile_zero(5);
  }
  const std::int64_t leftBytes = 2 * of.leftStride;
  const std::int64_t rightBytes = 2 * of.rightStride;
  for (std::int64_t s = 0; s < of.steps; ++s) {
    const Bf16* left = of.left + of.offset[s];
    const Bf16* right = of.right + s * of.rightStep;
    _tile_loadd(6, left, leftBytes);
    _tile_loadd(7, right, rightBytes);
    _tile_dpbf16ps(0, 6, 7);
    if constexpr (Columns > 1) {
      _tile_loadd(7, right + of.rightColumn, rightBytes);
      _tile_dpbf16ps(1, 6, 7);
    }
    if constexpr (Columns > 2) {
      _tile_loadd(7, right + 2 * of.rightColumn, rightBytes);
      _tile_dpbf16ps(2, 6, 7);
    }
    if constexpr (Rows > 1) {
      _tile_loadd(6, left + kTile * of.leftStride, leftBytes);
      if constexpr (Columns > 2) {
        _tile_dpbf16ps(5, 6, 7);
        _tile_loadd(7, right + of.rightColumn, rightBytes);
      }
      if constexpr (Columns > 1) {
        _tile_dpbf16ps(4, 6, 7);
        _tile_loadd(7, right, rightBytes);
      }
      _tile_dpbf16ps(3, 6, 7);
    }
  }
  _tile_stored(0, sums, bytes);
  if constexpr (Columns > 1) _tile_stored(1, sums + 16, bytes);
  if constexpr (Columns > 2) _tile_stored(2, sums + 32, bytes);
  if constexpr (Rows > 1) _tile_stored(3, below, bytes);
  if constexpr (Rows > 1 && Columns > 1) _tile_stored(4, below + 16, bytes);
  if constexpr (Rows > 1 && Columns > 2) _tile_stored(5, below + 32, bytes);
}

// sums [16·Rows, 16·columns]
template <int Rows, bool Add>
inline void tileRows(TileOperands of, std::int64_t columns, float* sums, std::int64_t stride) {
  while (columns > 0) {
    // Four are two and two.
    const std::int64_t some = columns == 4 ? 2 : columns > 3 ? 3 : columns;
    if (some == 3) tileBlock<Rows, 3, Add>(of, sums, stride);
    if (some == 2) tileBlock<Rows, 2, Add>(of, sums, stride);
    if (some == 1) tileBlock<Rows, 1, Add>(of, sums, stride);
    columns -= some;
    sums += some * kTile;
    of.right += some * of.rightColumn;
  }
}

inline __mmask32 firstWords(std::int64_t n) { return n >= 32 ? 0xffffffffu : (1u << n) - 1u; }

// The relu of 32 bf16 numbers: all but those with a sign go through, and NaN of either sign.
inline __m512i reluWords(__m512i x) {
  const __m512i turned = _mm512_add_epi16(x, _mm512_set1_epi16(0x7f));
  const __mmask32 kept =
      _mm512_cmple_epu16_mask(turned, _mm512_set1_epi16(static_cast<short>(0x807e)));
  return _mm512_maskz_mov_epi16(kept, x);
}

// Where bf16 numbers are above zero, which NaN is not: their bits are 1 to those of infinity.
inline __mmask32 aboveZero(__m512i x) {
  return _mm512_cmplt_epu16_mask(_mm512_sub_epi16(x, _mm512_set1_epi16(1)),
                                 _mm512_set1_epi16(0x7f80));
}

// Ask for memory that comes next, to be read or written: what the processor foresees by itself
// stops at every product.
inline void willRead(const Bf16* from) {
  _mm_prefetch(reinterpret_cast<const char*>(from), _MM_HINT_T0);
}
inline void willWrite(const Bf16* to) { asm volatile("prefetchw %0" : : "m"(*to)); }

// to[i·stride + j] = relu?(from[i, j]); asks for what lies `ahead` rows further on.
template <bool Relu>
inline void stageRows(const Bf16* from, std::int64_t rows, std::int64_t n, std::int64_t ahead,
                      Bf16* to, std::int64_t stride) {
  for (std::int64_t j = 0; j < n; j += 32) {
    const __mmask32 some = firstWords(n - j);
    const Bf16* x = from + j;
    Bf16* out = to + j;
    for (std::int64_t i = 0; i < rows; ++i, x += n, out += stride) {
      willRead(x + ahead * n);
      const __m512i words = _mm512_maskz_loadu_epi16(some, x);
      _mm512_mask_storeu_epi16(out, some, Relu ? reluWords(words) : words);
    }
  }
}

inline __m512i pairOf(__mmask16 some, const Bf16* even, const Bf16* odd) {
  return _mm512_or_si512(
      _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(some, even)),
      _mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(some, odd)), 16));
}

// Pairs of rows: to[i/2][column][2], columns padded with zeros to a multiple of 16; an odd last row
// pairs with zeros.
template <bool Relu>
inline void stagePairs(const Bf16* from, std::int64_t rows, std::int64_t n, std::int64_t ahead,
                       Bf16* to) {
  const std::int64_t stride = (n + 15) / 16 * 32;
  for (std::int64_t j = 0; j < n; j += 16) {
    const __mmask16 some = static_cast<__mmask16>(firstWords(n - j));
    const Bf16* x = from + j;
    // Lines are 32 numbers: the even columns' turn asks for the first row's, the odd ones' for the
    // second's.
    const Bf16* next = x + (ahead + j / 16 % 2) * n;
    Bf16* out = to + 2 * j;
    std::int64_t i = 0;
    for (; i + 2 <= rows; i += 2, x += 2 * n, next += 2 * n, out += stride) {
      willRead(next);
      const __m512i pair = pairOf(some, x, x + n);
      _mm512_store_si512(out, Relu ? reluWords(pair) : pair);
    }
    if (i < rows) {
      const Bf16 zeros[16] = {};
      const __m512i pair = pairOf(some, x, zeros);
      _mm512_store_si512(out, Relu ? reluWords(pair) : pair);
    }
  }
}

// Zeros for rows from `rows` to `of`, after stagePairs of `rows`; stride: of one row, padded.
inline void zeroPairs(Bf16* pairs, std::int64_t rows, std::int64_t of, std::int64_t stride) {
  for (std::int64_t i = padded(rows, 2) * stride; i < of * stride; ++i) pairs[i] = {0};
}

// to[j·stride + i] = from[i, j] for 16·tiles columns j of pairs of rows as stagePairs leaves them,
// i up to `rows`, a multiple of 32.
inline void transposePairs(const Bf16* pairs, std::int64_t rows, std::int64_t tiles, Bf16* to,
                           std::int64_t stride) {
  const std::int64_t wide = tiles * 32;
  for (std::int64_t i = 0; i < rows; i += 32) {
    for (std::int64_t tile = 0; tile < tiles; ++tile) {
      __m512i a[16];
      __m512i b[16];
#pragma GCC unroll 16
      for (int r = 0; r < 16; ++r)
        a[r] = _mm512_loadu_si512(pairs + (i / 2 + r) * wide + tile * 32);
#pragma GCC unroll 8
      for (int r = 0; r < 8; ++r) {
        b[2 * r] = _mm512_unpacklo_epi32(a[2 * r], a[2 * r + 1]);
        b[2 * r + 1] = _mm512_unpackhi_epi32(a[2 * r], a[2 * r + 1]);
      }
#pragma GCC unroll 4
      for (int r = 0; r < 4; ++r) {
        a[4 * r] = _mm512_unpacklo_epi64(b[4 * r], b[4 * r + 2]);
        a[4 * r + 1] = _mm512_unpackhi_epi64(b[4 * r], b[4 * r + 2]);
        a[4 * r + 2] = _mm512_unpacklo_epi64(b[4 * r + 1], b[4 * r + 3]);
        a[4 * r + 3] = _mm512_unpackhi_epi64(b[4 * r + 1], b[4 * r + 3]);
      }
      // a[4r + c] holds, in its quarter q, column 4q + c of rows 4r to 4r + 3.
#pragma GCC unroll 4
      for (int c = 0; c < 4; ++c) {
        const __m512i low = _mm512_shuffle_i32x4(a[c], a[4 + c], 0x88);
        const __m512i lowOdd = _mm512_shuffle_i32x4(a[c], a[4 + c], 0xdd);
        const __m512i high = _mm512_shuffle_i32x4(a[8 + c], a[12 + c], 0x88);
        const __m512i highOdd = _mm512_shuffle_i32x4(a[8 + c], a[12 + c], 0xdd);
        Bf16* column = to + (tile * 16 + c) * stride + i;
        _mm512_storeu_si512(column, _mm512_shuffle_i32x4(low, high, 0x88));
        _mm512_storeu_si512(column + 4 * stride, _mm512_shuffle_i32x4(lowOdd, highOdd, 0x88));
        _mm512_storeu_si512(column + 8 * stride, _mm512_shuffle_i32x4(low, high, 0xdd));
        _mm512_storeu_si512(column + 12 * stride, _mm512_shuffle_i32x4(lowOdd, highOdd, 0xdd));
      }
    }
  }
}

// to [rows, n] = sums [rows, stride]; with a mask, only where mask [rows, n] is above zero. The
// sums' stride is a multiple of 32.
template <bool Masked>
inline void narrowRows(const float* sums, std::int64_t stride, std::int64_t rows, std::int64_t n,
                       const Bf16* mask, Bf16* to) {
  for (std::int64_t j = 0; j < n; j += 32) {
    const __mmask32 some = firstWords(n - j);
    const float* sum = sums + j;
    Bf16* out = to + j;
    for (std::int64_t i = 0; i < rows; ++i, sum += stride, out += n) {
      willWrite(out + rows * n);
      const __m512bh packed = _mm512_cvtne2ps_pbh(_mm512_load_ps(sum + 16), _mm512_load_ps(sum));
      __m512i words;
      __builtin_memcpy(&words, &packed, sizeof(words));
      if constexpr (Masked) {
        const __m512i of = _mm512_maskz_loadu_epi16(some, mask + j + i * n);
        words = _mm512_maskz_mov_epi16(aboveZero(of), words);
      }
      _mm512_mask_storeu_epi16(out, some, words);
    }
  }
}

// Steps of `step` rows of weight(k, n) = weight[k·inStride + n·outStride], each
// [tiles][step/2][16][2].
inline void packTiles(const float* weight, std::int64_t inStride, std::int64_t outStride,
                      std::int64_t in, std::int64_t out, std::int64_t step, Bf16* to) {
  for (std::int64_t first = 0; first < in; first += step) {
    for (std::int64_t tile = 0; tile < out; tile += kTile, to += kTileElements) {
      for (std::int64_t k = 0; k < step; ++k) {
        float row[kTile] = {};
        Bf16 rounded[kTile];
        for (std::int64_t n = tile; first + k < in && n < out && n < tile + kTile; ++n) {
          row[n - tile] = weight[(first + k) * inStride + n * outStride];
        }
        Floats::load(row).store(rounded);
        for (std::int64_t n = 0; n < kTile; ++n) to[k / 2 * 32 + 2 * n + k % 2] = rounded[n];
      }
    }
  }
}

}  // namespace
}  // namespace kernels::ENAS_ISA
