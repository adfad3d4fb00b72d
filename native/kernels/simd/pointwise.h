#pragma once

#include "kernels/simd/padded.h"

// y = relu?(Σᵢ Wᵢ·relu?(xᵢ) + bias?) over rows: a row is one pixel, with its channels next to each
// other.
namespace kernels {

struct PointwiseSource {
  const void* x;  // [rows, channels]
  std::int64_t channels;
  // Backward only. [rows, channels], or null where it is not wanted.
  void* dx;
  const void* weight;  // packed, from `out` to `channels`
  // [padded(out), padded(channels)], added to; or null.
  float* dWeight;
};

struct Pointwise {
  const PointwiseSource* sources;
  std::int64_t count;
  std::int64_t channels;  // of all sources together
  std::int64_t out;
  bool relu;
  // Forward only: [padded(out)] or null, and the relu of y.
  const float* bias = nullptr;
  bool outRelu = false;
  // Forward only, [rows, out] or null: y is kept where the mask is above zero, then this is added.
  const void* mask = nullptr;
  const void* addend = nullptr;
  // Backward only: the products for the weights are of relu(dy).
  bool gradientRelu = false;
};

// For one dtype of activations.
struct PointwiseTable {
  // Elements of the activations' dtype or, where it says so, bytes.
  std::int64_t (*packedBytes)(std::int64_t in, std::int64_t out);
  // weight(k, n) = weight[k·inStride + n·outStride]
  void (*pack)(const float* weight, std::int64_t inStride, std::int64_t outStride, std::int64_t in,
               std::int64_t out, void* packed);
  std::int64_t (*forwardScratchBytes)(const Pointwise&);
  std::int64_t (*backwardScratchBytes)(const Pointwise&);
  // Rows [begin, end). `weight` is packed from all channels to `out`; scratch is 64-byte aligned.
  void (*forward)(const Pointwise&, const void* weight, void* y, std::int64_t begin,
                  std::int64_t end, void* scratch);
  void (*backward)(const Pointwise&, const void* dy, std::int64_t begin, std::int64_t end,
                   void* scratch);
};

// Rows taken at once: what they need of the scratch stays in the nearest caches.
constexpr std::int64_t kPointwiseRows = 128;

struct PointwiseTables {
  PointwiseTable fp32;
  PointwiseTable bf16;
};

}  // namespace kernels

ENAS_SIMD_TABLE(PointwiseTables, pointwise)
// Products in tiles: bf16 alone, and only where simd() is amx.
ENAS_SIMD_TABLE(PointwiseTable, pointwiseTiles)
