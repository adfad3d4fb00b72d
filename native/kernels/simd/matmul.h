#pragma once

#include "kernels/simd/padded.h"

// out [m, n] = left [m, k] · right [k, n], of bf16 numbers with fp32 sums.
namespace kernels {

// An operand whose lines are the rows of the left matrix or the columns of the right one, each of k
// numbers.
struct MatmulOperand {
  const void* data;
  bool fp32;    // rounded to bf16 as it is packed; else bf16
  bool alongK;  // number k of line i at data[i·stride + k], else at data[k·stride + i]
  std::int64_t stride;
  std::int64_t lines;
  std::int64_t k;
};

struct MatmulResult {
  void* data;
  bool fp32;  // else bf16
  std::int64_t stride;
};

// Lines of one tile, the unit that the right operand is packed in.
constexpr std::int64_t kMatmulTile = 16;
// Rows that are computed at once.
constexpr std::int64_t kMatmulRows = 32;

struct MatmulTable {
  // Of a right operand of n columns.
  std::int64_t (*packedBytes)(std::int64_t k, std::int64_t n);
  // Tiles [begin, end) of it.
  void (*pack)(const MatmulOperand& right, std::int64_t begin, std::int64_t end, void* packed);
  // For up to so many rows.
  std::int64_t (*scratchBytes)(std::int64_t rows, std::int64_t k, std::int64_t n);
  // Rows [begin, end) of the result; no result depends on how they are cut. Scratch is 64-byte
  // aligned.
  void (*multiply)(const MatmulOperand& left, const void* packed, std::int64_t n,
                   std::int64_t begin, std::int64_t end, const MatmulResult& result, void* scratch);
};

}  // namespace kernels

// Only where simd() is amx.
ENAS_SIMD_TABLE(MatmulTable, matmulTiles)
