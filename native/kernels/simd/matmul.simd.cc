#include "kernels/simd/matmul.h"

#ifdef __AMX_BF16__

#include "kernels/simd/square.h"
#include "kernels/simd/tiles.h"

namespace kernels::ENAS_ISA {
namespace {

// Steps along k and tiles of columns that all rows go through before the next: what is read of the
// right operand stays in the second cache.
constexpr std::int64_t kSteps = 32;
constexpr std::int64_t kColumnTiles = 21;
// Tiles of columns whose sums are together; the last ones may be four.
constexpr std::int64_t kPanel = 3;
constexpr std::int64_t kSumsStride = 4 * kTile;
constexpr std::int64_t kSumsElements = kMatmulRows * kSumsStride;
constexpr std::int64_t kLeftStep = kMatmulRows * kStep;

// 32 numbers of k of one line, of which there are n.
inline __m512i lineOf(const Bf16* from, std::int64_t n) {
  return _mm512_maskz_loadu_epi16(firstWords(n), from);
}
inline __m512i lineOf(const float* from, std::int64_t n) {
  const __mmask32 some = firstWords(n);
  const __m512bh packed =
      _mm512_cvtne2ps_pbh(_mm512_maskz_loadu_ps(static_cast<__mmask16>(some >> 16), from + 16),
                          _mm512_maskz_loadu_ps(static_cast<__mmask16>(some), from));
  __m512i words;
  __builtin_memcpy(&words, &packed, sizeof(words));
  return words;
}

inline __m512i sixteen(__mmask16 some, const Bf16* from) {
  return _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(some, from));
}
inline __m512i sixteen(__mmask16 some, const float* from) {
  const __m256bh packed = _mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(some, from));
  __m256i words;
  __builtin_memcpy(&words, &packed, sizeof(words));
  return _mm512_cvtepu16_epi32(words);
}

inline void transposeTile(__m512i* tile) {
  Floats square[16];
#pragma GCC unroll 16
  for (int i = 0; i < 16; ++i) square[i].value = _mm512_castsi512_ps(tile[i]);
  transposeSquare(square);
#pragma GCC unroll 16
  for (int i = 0; i < 16; ++i) tile[i] = _mm512_castps_si512(square[i].value);
}

// A tile of `lines` lines of n numbers of k: a vector is a line, of which numbers lie in pairs, or
// with Pairs a pair of numbers of each line. Zeros where there are none.
template <typename T, bool Pairs>
inline void packTileOf(const MatmulOperand& of, std::int64_t line, std::int64_t k, Bf16* to) {
  const std::int64_t lines = smaller(kMatmulTile, of.lines - line);
  const std::int64_t n = smaller(kStep, of.k - k);
  __m512i tile[16];
  if (of.alongK) {
    const T* from = static_cast<const T*>(of.data) + line * of.stride + k;
    if (lines == 16) {
#pragma GCC unroll 16
      for (std::int64_t i = 0; i < 16; ++i) tile[i] = lineOf(from + i * of.stride, n);
    } else {
      for (std::int64_t i = 0; i < 16; ++i) {
        tile[i] = i < lines ? lineOf(from + i * of.stride, n) : _mm512_setzero_si512();
      }
    }
    if constexpr (Pairs) transposeTile(tile);
  } else {
    const T* from = static_cast<const T*>(of.data) + k * of.stride + line;
    const auto some = static_cast<__mmask16>(firstWords(lines));
    const auto none = static_cast<__mmask16>(0);
    if (n == kStep) {
#pragma GCC unroll 16
      for (std::int64_t i = 0; i < 16; ++i) {
        tile[i] =
            _mm512_or_si512(sixteen(some, from + 2 * i * of.stride),
                            _mm512_slli_epi32(sixteen(some, from + (2 * i + 1) * of.stride), 16));
      }
    } else {
      for (std::int64_t i = 0; i < 16; ++i) {
        const __m512i even = sixteen(2 * i < n ? some : none, from + 2 * i * of.stride);
        const __m512i odd = sixteen(2 * i + 1 < n ? some : none, from + (2 * i + 1) * of.stride);
        tile[i] = _mm512_or_si512(even, _mm512_slli_epi32(odd, 16));
      }
    }
    if constexpr (!Pairs) transposeTile(tile);
  }
#pragma GCC unroll 16
  for (int i = 0; i < 16; ++i) _mm512_store_si512(to + i * kStep, tile[i]);
}

template <bool Pairs>
inline void packTile(const MatmulOperand& of, std::int64_t line, std::int64_t k, Bf16* to) {
  if (of.fp32) {
    packTileOf<float, Pairs>(of, line, k, to);
  } else {
    packTileOf<Bf16, Pairs>(of, line, k, to);
  }
}

// Calls body(tile, step) for all of both, in the order in which they lie in memory.
template <typename Body>
inline void inOrder(const MatmulOperand& of, std::int64_t tiles, std::int64_t steps, Body body) {
  if (of.alongK) {
    for (std::int64_t tile = 0; tile < tiles; ++tile) {
      for (std::int64_t s = 0; s < steps; ++s) body(tile, s);
    }
  } else {
    for (std::int64_t s = 0; s < steps; ++s) {
      for (std::int64_t tile = 0; tile < tiles; ++tile) body(tile, s);
    }
  }
}

std::int64_t stepsOf(std::int64_t k) { return padded(k, kStep) / kStep; }

std::int64_t packedBytes(std::int64_t k, std::int64_t n) {
  return 2 * stepsOf(k) * kStep * padded(n, kMatmulTile);
}

// [tile][step][16 pairs][16 columns][2]
void pack(const MatmulOperand& right, std::int64_t begin, std::int64_t end, void* packed) {
  const std::int64_t steps = stepsOf(right.k);
  inOrder(right, end - begin, steps, [&](std::int64_t tile, std::int64_t s) {
    Bf16* to = static_cast<Bf16*>(packed) + ((begin + tile) * steps + s) * kTileElements;
    packTile<true>(right, (begin + tile) * kMatmulTile, s * kStep, to);
  });
}

// Blocks of 32 rows, each [steps][32 rows][32 numbers of k].
void packLeft(const MatmulOperand& of, std::int64_t begin, std::int64_t end, std::int64_t first,
              std::int64_t steps, Bf16* to) {
  const std::int64_t tiles = padded(end - begin, kMatmulTile) / kMatmulTile;
  inOrder(of, tiles, steps, [&](std::int64_t tile, std::int64_t s) {
    Bf16* const half = to + tile % 2 * kTileElements;
    packTile<false>(of, begin + tile * kMatmulTile, (first + s) * kStep,
                    half + (tile / 2 * steps + s) * kLeftStep);
  });
}

void storeRows(const float* sums, std::int64_t rows, std::int64_t columns, std::int64_t row,
               std::int64_t column, const MatmulResult& result) {
  const std::int64_t first = row * result.stride + column;
  for (std::int64_t i = 0; i < rows; ++i, sums += kSumsStride) {
    for (std::int64_t j = 0; j < columns; j += kTile) {
      const std::int64_t n = smaller(kTile, columns - j);
      const std::int64_t at = first + i * result.stride + j;
      if (result.fp32) {
        Floats::load(sums + j).store(static_cast<float*>(result.data) + at, n);
      } else {
        Floats::load(sums + j).store(static_cast<Bf16*>(result.data) + at, n);
      }
    }
  }
}

struct Blocks {
  std::int64_t steps;   // of a part of k
  std::int64_t parts;   // of k
  std::int64_t panels;  // of a block of columns
};

Blocks blocksOf(std::int64_t k, std::int64_t n) {
  const std::int64_t all = stepsOf(k);
  const std::int64_t parts = (all + kSteps - 1) / kSteps;
  const std::int64_t tiles = smaller(padded(n, kMatmulTile) / kMatmulTile, kColumnTiles);
  return {(all + parts - 1) / parts, parts, (tiles + kPanel - 1) / kPanel};
}

std::int64_t scratchBytes(std::int64_t rows, std::int64_t k, std::int64_t n) {
  const Blocks blocks = blocksOf(k, n);
  const std::int64_t rowBlocks = padded(rows, kMatmulRows) / kMatmulRows;
  const std::int64_t sums = blocks.parts > 1 ? rowBlocks * blocks.panels : 1;
  return 2 * rowBlocks * blocks.steps * kLeftStep + 4 * sums * kSumsElements + 8 * blocks.steps +
         3 * 64;
}

void multiply(const MatmulOperand& left, const void* packed, std::int64_t n, std::int64_t begin,
              std::int64_t end, const MatmulResult& result, void* memory) {
  const Tiles config;
  const Blocks blocks = blocksOf(left.k, n);
  const std::int64_t allSteps = stepsOf(left.k);
  const std::int64_t allTiles = padded(n, kMatmulTile) / kMatmulTile;
  const std::int64_t rowBlocks = padded(end - begin, kMatmulRows) / kMatmulRows;
  Scratch scratch{static_cast<char*>(memory)};
  Bf16* const leftRows = scratch.take<Bf16>(rowBlocks * blocks.steps * kLeftStep);
  float* const allSums =
      scratch.take<float>((blocks.parts > 1 ? rowBlocks * blocks.panels : 1) * kSumsElements);
  std::int64_t* const offset = scratch.take<std::int64_t>(blocks.steps);
  for (std::int64_t s = 0; s < blocks.steps; ++s) offset[s] = s * kLeftStep;
  for (std::int64_t firstTile = 0; firstTile < allTiles; firstTile += kColumnTiles) {
    const std::int64_t tiles = smaller(kColumnTiles, allTiles - firstTile);
    for (std::int64_t first = 0; first < allSteps; first += blocks.steps) {
      const std::int64_t steps = smaller(blocks.steps, allSteps - first);
      const bool last = first + steps == allSteps;
      if (blocks.parts > 1 || firstTile == 0) {
        packLeft(left, begin, end, first, steps, leftRows);
      }
      for (std::int64_t block = 0; block < rowBlocks; ++block) {
        const std::int64_t row = begin + block * kMatmulRows;
        const std::int64_t rows = smaller(kMatmulRows, end - row);
        float* sums = allSums + (blocks.parts > 1 ? block * blocks.panels : 0) * kSumsElements;
        for (std::int64_t tile = 0; tile < tiles;) {
          const std::int64_t some = tiles - tile == 4 ? 4 : smaller(kPanel, tiles - tile);
          const Bf16* right = static_cast<const Bf16*>(packed) +
                              ((firstTile + tile) * allSteps + first) * kTileElements;
          const TileOperands of{leftRows + block * steps * kLeftStep,
                                kStep,
                                offset,
                                steps,
                                right,
                                2 * kTile,
                                kTileElements,
                                allSteps * kTileElements};
          if (first > 0) {
            tileRows<2, true>(of, some, sums, kSumsStride);
          } else {
            tileRows<2, false>(of, some, sums, kSumsStride);
          }
          if (last) {
            const std::int64_t column = (firstTile + tile) * kMatmulTile;
            storeRows(sums, rows, smaller(some * kMatmulTile, n - column), row, column, result);
          }
          if (blocks.parts > 1) sums += kSumsElements;
          tile += some;
        }
      }
    }
  }
}

}  // namespace

const MatmulTable matmulTilesTable{packedBytes, pack, scratchBytes, multiply};

}  // namespace kernels::ENAS_ISA

#else

namespace kernels::ENAS_ISA {
const MatmulTable matmulTilesTable{};
}  // namespace kernels::ENAS_ISA

#endif
