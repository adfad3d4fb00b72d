#pragma once

#include <cstdint>

#include "kernels/simd/isa.h"

namespace kernels {

// to[j·rows + i] = scale·from[i·columns + j], for rows i in [begin, end).
template <typename From, typename To>
using Transpose = void (*)(const From* from, std::int64_t rows, std::int64_t columns, float scale,
                           std::int64_t begin, std::int64_t end, To* to);

struct Transposes {
  Transpose<float, Bf16> narrowing;
  Transpose<Bf16, Bf16> bf16;
  Transpose<Bf16, float> widening;
};

// Rows that fill the lines of what is written.
constexpr std::int64_t kTransposedRows = 32;

}  // namespace kernels

ENAS_SIMD_TABLE(Transposes, transposes)
