#pragma once

// Only for .simd.cc files. Products of small matrices in registers.
#include "kernels/simd/floats.h"

namespace kernels::ENAS_ISA {
namespace {

// out[i, j] (+)= Σ over operands, Σₖ a[i·row + k·column] · b[k·stride + j]
struct Operand {
  const float* a;
  std::int64_t row;
  std::int64_t column;
  const float* b;  // rows padded to whole vectors
  std::int64_t stride;
  std::int64_t k;
};

template <typename T>
struct Result {
  T* out;
  std::int64_t stride;
  bool add;
  // Like `out` in shape and stride, or null: results are kept only where it is above zero.
  const T* mask;
  // Added to each row, padded to whole vectors; or null. Not together with `add`.
  const float* bias = nullptr;
  bool relu = false;
  // Like `out` in shape and stride, added to what is kept; or null.
  const T* addend = nullptr;
};

template <typename T>
inline void write(Floats sum, const Result<T>& to, std::int64_t at, std::int64_t n) {
  const bool whole = n >= Floats::kLanes;
  if (to.relu) sum = max(sum, Floats::zero());
  if (to.mask) {
    sum = whereAboveZero(whole ? Floats::load(to.mask + at) : Floats::load(to.mask + at, n), sum);
  }
  const T* addend = to.add ? to.out : to.addend;
  if (addend) sum = sum + (whole ? Floats::load(addend + at) : Floats::load(addend + at, n));
  if (whole) {
    sum.store(to.out + at);
  } else {
    sum.store(to.out + at, n);
  }
}

// One block of Rows × Vectors vectors, held in registers.
template <int Rows, int Vectors, typename T>
inline void block(const Operand* operands, std::int64_t count, std::int64_t i, std::int64_t j,
                  std::int64_t n, const Result<T>& to) {
  Floats sum[Rows][Vectors];
#pragma GCC unroll 16
  for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) {
      sum[r][v] = to.bias ? Floats::load(to.bias + j + v * Floats::kLanes) : Floats::zero();
    }
  }
  for (std::int64_t s = 0; s < count; ++s) {
    const Operand& of = operands[s];
    const float* a = of.a + i * of.row;
    const float* b = of.b + j;
    for (std::int64_t k = 0; k < of.k; ++k, a += of.column, b += of.stride) {
      Floats right[Vectors];
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) right[v] = Floats::load(b + v * Floats::kLanes);
#pragma GCC unroll 16
      for (int r = 0; r < Rows; ++r) {
        const Floats left = Floats::all(a[r * of.row]);
#pragma GCC unroll 4
        for (int v = 0; v < Vectors; ++v) sum[r][v] = fma(left, right[v], sum[r][v]);
      }
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) {
      const std::int64_t column = j + v * Floats::kLanes;
      write(sum[r][v], to, (i + r) * to.stride + column, n - column);
    }
  }
}

template <int Vectors, int Rows, typename T>
inline void columns(const Operand* operands, std::int64_t count, std::int64_t rows, std::int64_t j,
                    std::int64_t n, const Result<T>& to) {
  std::int64_t i = 0;
  for (; i + Rows <= rows; i += Rows) block<Rows, Vectors>(operands, count, i, j, n, to);
  if (i + 4 <= rows) {
    block<4, Vectors>(operands, count, i, j, n, to);
    i += 4;
  }
  if (i + 2 <= rows) {
    block<2, Vectors>(operands, count, i, j, n, to);
    i += 2;
  }
  for (; i < rows; ++i) block<1, Vectors>(operands, count, i, j, n, to);
}

// out [rows, n]. As many sums as there are registers for, with room for a row of b.
template <typename T>
void product(const Operand* operands, std::int64_t count, std::int64_t rows, std::int64_t n,
             const Result<T>& to) {
  constexpr std::int64_t kLanes = Floats::kLanes;
  for (std::int64_t j = 0; j < n;) {
    const std::int64_t left = (n - j + kLanes - 1) / kLanes;
#ifdef __AVX512F__
    if (left == 3 || left > 4) {
      columns<3, 8>(operands, count, rows, j, n, to);
      j += 3 * kLanes;
      continue;
    }
    constexpr int kRows = 8;
#else
    constexpr int kRows = 6;
#endif
    if (left >= 2) {
      columns<2, kRows>(operands, count, rows, j, n, to);
      j += 2 * kLanes;
    } else {
      columns<1, 8>(operands, count, rows, j, n, to);
      j += kLanes;
    }
  }
}

// to[i, j] = relu?(from[i, j]) as fp32.
template <typename T>
void stage(const T* from, std::int64_t rows, std::int64_t n, bool relu, float* to,
           std::int64_t stride) {
  const Floats floor = relu ? Floats::zero() : Floats::all(-__builtin_inff());
  for (std::int64_t i = 0; i < rows; ++i, from += n, to += stride) {
    std::int64_t j = 0;
    for (; j + Floats::kLanes <= n; j += Floats::kLanes) {
      max(Floats::load(from + j), floor).store(to + j);
    }
    if (j < n) max(Floats::load(from + j, n - j), floor).store(to + j, n - j);
  }
}

inline void clear(float* to, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) to[i] = 0;
}

}  // namespace
}  // namespace kernels::ENAS_ISA
