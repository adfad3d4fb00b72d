#pragma once

// Only for .simd.cc files. The innermost loops: rows are flat runs of fp32, and positions of one
// phase (the same channels in the same lanes) share the weights in registers.
#include "kernels/simd/ahead.h"
#include "kernels/simd/depthwise.h"
#include "kernels/simd/floats.h"

namespace kernels::ENAS_ISA {
namespace {

// Vectors in which the lanes' channels repeat.
inline std::int64_t phasesOf(std::int64_t channels) {
  std::int64_t phases = channels;
  for (std::int64_t lanes = Floats::kLanes; phases % 2 == 0 && lanes > 1; lanes /= 2) phases /= 2;
  return phases;
}

template <int Kernel, int Stride>
struct Tile {
  static constexpr int kRows = kDepthwiseRows;
  static constexpr int kInRows = (kRows - 1) * Stride + Kernel;
  static constexpr bool meets(int inRow, int tap) {
    return inRow >= tap && (inRow - tap) % Stride == 0 && (inRow - tap) / Stride < kRows;
  }
};

struct TileRows {
  const float* const* in;      // rows that the kernel covers
  const std::int64_t* column;  // where the kernel's columns begin in them
  const float* table;
  std::int64_t tableStride;
  float* const* out;
};

// `Positions` vectors of each of the rows, `step` apart.
template <int Kernel, int Stride, int Positions>
inline void convolveTile(const TileRows& rows, std::int64_t phase, std::int64_t at,
                         std::int64_t step) {
  using T = Tile<Kernel, Stride>;
  Floats sums[T::kRows][Positions];
#pragma GCC unroll 8
  for (int r = 0; r < T::kRows; ++r) {
#pragma GCC unroll 8
    for (int q = 0; q < Positions; ++q) sums[r][q] = Floats::zero();
  }
  const float* weights = rows.table + phase;
  for (int column = 0; column < Kernel; ++column, weights += rows.tableStride) {
    Floats weight[Kernel];
#pragma GCC unroll 8
    for (int tap = 0; tap < Kernel; ++tap) {
      weight[tap] = Floats::load(weights + tap * Kernel * rows.tableStride);
    }
    const std::int64_t from = rows.column[column] + at;
#pragma GCC unroll 16
    for (int i = 0; i < T::kInRows; ++i) {
#pragma GCC unroll 8
      for (int q = 0; q < Positions; ++q) {
        const Floats x = Floats::load(rows.in[i] + from + q * step);
#pragma GCC unroll 8
        for (int tap = 0; tap < Kernel; ++tap) {
          if (T::meets(i, tap)) {
            Floats& sum = sums[(i - tap) / Stride][q];
            sum = fma(x, weight[tap], sum);
          }
        }
      }
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < T::kRows; ++r) {
#pragma GCC unroll 8
    for (int q = 0; q < Positions; ++q) sums[r][q].store(rows.out[r] + at + q * step);
  }
}

// `length` numbers of each of the rows, rounded up to whole vectors.
template <int Kernel, int Stride>
void convolveRows(const TileRows& rows, std::int64_t channels, std::int64_t length, Ahead& ahead) {
  constexpr std::int64_t kMost = Floats::kLanes == 16 ? 4 : 2;
  constexpr std::int64_t kLanes = Floats::kLanes;
  const std::int64_t phases = phasesOf(channels);
  const std::int64_t vectors = (length + kLanes - 1) / kLanes;
  const std::int64_t step = phases * kLanes;
  // Blocks of positions outside, phases inside: a block's part of the rows stays in the L1 cache.
  for (std::int64_t block = 0; block < vectors;) {
    const std::int64_t whole = (vectors - block) / phases;
    const std::int64_t some = whole >= kMost ? kMost : whole >= 2 ? 2 : 1;
    const std::int64_t end = whole > 0 ? phases : vectors - block;
    for (std::int64_t p = 0; p < end; ++p) {
      const std::int64_t phase = p * kLanes % channels;
      const std::int64_t at = (block + p) * kLanes;
      ahead.some();
      if (some == kMost) {
        convolveTile<Kernel, Stride, kMost>(rows, phase, at, step);
      } else if (some == 2) {
        convolveTile<Kernel, Stride, 2>(rows, phase, at, step);
      } else {
        convolveTile<Kernel, Stride, 1>(rows, phase, at, step);
      }
    }
    block += some * phases;
  }
}

struct GradientRows {
  const float* const* in;
  const std::int64_t* column;
  const float* const* dy;
  float* sums;
  std::int64_t tableStride;
};

// Adds to the sums of `Columns` columns of the kernel what `count` vectors of one phase give.
template <int Kernel, int Stride, int Columns>
inline void gradientTile(const GradientRows& rows, int first, std::int64_t phase, std::int64_t at,
                         std::int64_t step, std::int64_t count) {
  using T = Tile<Kernel, Stride>;
  float* const to = rows.sums + first * rows.tableStride + phase;
  Floats sums[Kernel][Columns];
#pragma GCC unroll 8
  for (int tap = 0; tap < Kernel; ++tap) {
#pragma GCC unroll 8
    for (int c = 0; c < Columns; ++c) {
      sums[tap][c] = Floats::load(to + (tap * Kernel + c) * rows.tableStride);
    }
  }
  for (; count > 0; --count, at += step) {
    Floats dy[T::kRows];
#pragma GCC unroll 8
    for (int r = 0; r < T::kRows; ++r) dy[r] = Floats::load(rows.dy[r] + at);
#pragma GCC unroll 8
    for (int c = 0; c < Columns; ++c) {
      const std::int64_t from = rows.column[first + c] + at;
#pragma GCC unroll 16
      for (int i = 0; i < T::kInRows; ++i) {
        const Floats x = Floats::load(rows.in[i] + from);
#pragma GCC unroll 8
        for (int tap = 0; tap < Kernel; ++tap) {
          if (T::meets(i, tap)) sums[tap][c] = fma(x, dy[(i - tap) / Stride], sums[tap][c]);
        }
      }
    }
  }
#pragma GCC unroll 8
  for (int tap = 0; tap < Kernel; ++tap) {
#pragma GCC unroll 8
    for (int c = 0; c < Columns; ++c) {
      sums[tap][c].store(to + (tap * Kernel + c) * rows.tableStride);
    }
  }
}

template <int Kernel, int Stride>
void gradientRows(const GradientRows& rows, std::int64_t channels, std::int64_t length,
                  Ahead& ahead) {
  // Sums that fit the registers beside dy.
  constexpr int kFit = (Floats::kLanes == 16 ? 25 : 10) / Kernel;
  constexpr int kColumns = kFit < 1 ? 1 : kFit > Kernel ? Kernel : kFit;
  constexpr int kRest = Kernel % kColumns;
  constexpr std::int64_t kLanes = Floats::kLanes;
  const std::int64_t phases = phasesOf(channels);
  const std::int64_t vectors = (length + kLanes - 1) / kLanes;
  const std::int64_t step = phases * kLanes;
  for (std::int64_t p = 0; p < phases && p < vectors; ++p) {
    const std::int64_t count = (vectors - p + phases - 1) / phases;
    const std::int64_t phase = p * kLanes % channels;
    const std::int64_t at = p * kLanes;
    ahead.some();
    for (int first = 0; first + kColumns <= Kernel; first += kColumns) {
      gradientTile<Kernel, Stride, kColumns>(rows, first, phase, at, step, count);
    }
    if constexpr (kRest > 0) {
      gradientTile<Kernel, Stride, kRest>(rows, Kernel - kRest, phase, at, step, count);
    }
  }
}

}  // namespace
}  // namespace kernels::ENAS_ISA
