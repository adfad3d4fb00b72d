#pragma once

#include <cstdint>

#include "kernels/simd/isa.h"

namespace kernels {

// Columns that a product makes at once: those of a packed panel of weights.
constexpr std::int64_t kPanel = 32;

enum class Highway : int { tanh, relu, identity, sigmoid };

// Matrices of `rows` rows, each by its first element and the distance of its rows; null where there
// is none. T is float or Bf16.
template <typename T>
struct HighwayForward {
  std::int64_t rows;
  std::int64_t columns;
  Highway activation;
  // Pre-activations of the gate and of the candidate, or none but what is added.
  const float* gate;
  const float* candidate;
  std::int64_t zStride;
  // What is added to them: the gate's; the candidate's lies `half` elements on.
  const T* const* addends;
  std::int64_t addendCount;
  std::int64_t addendStride;
  const T* carry;
  std::int64_t carryStride;
  // Of `activated` and of the addends.
  std::int64_t half;
  // [c | f], for backward.
  T* activated;
  std::int64_t activatedStride;
  // The result, twice: what the next products read, and what is kept.
  T* result;
  std::int64_t resultStride;
  T* kept;
  std::int64_t keptStride;
};

// G is what gradients are in: float inside of a loop.
template <typename T, typename G>
struct HighwayBackward {
  std::int64_t rows;
  std::int64_t columns;
  Highway activation;
  const G* gradient;
  std::int64_t gradientStride;
  const T* activated;
  std::int64_t activatedStride;
  const T* carry;
  std::int64_t carryStride;
  std::int64_t half;
  // Of the pre-activations [gate | candidate], twice: for products, and to be kept.
  T* pre;
  std::int64_t preStride;
  T* keptPre;
  std::int64_t keptPreStride;
  // Added to unless `first`.
  G* carryGradient;
  std::int64_t carryGradientStride;
  bool first;
};

// out ← (Σ inputs)·scale ⊗ factor, written twice.
template <typename T>
struct Combination {
  std::int64_t rows;
  std::int64_t columns;
  const T* const* inputs;
  const std::int64_t* strides;
  std::int64_t count;
  float scale;
  const T* factor;
  std::int64_t factorStride;
  T* result;
  std::int64_t resultStride;
  T* kept;
  std::int64_t keptStride;
};

// to ← from·scale ⊗ factor, or added to it.
template <typename From, typename T>
struct Contribution {
  std::int64_t rows;
  std::int64_t columns;
  const From* from;
  std::int64_t fromStride;
  float scale;
  const T* factor;
  std::int64_t factorStride;
  float* to;
  std::int64_t toStride;
  bool first;
};

template <typename T>
struct RecurrenceTable {
  void (*highwayForward)(const HighwayForward<T>&);
  void (*highwayBackward)(const HighwayBackward<T, float>&);
  void (*highwayBackwardKept)(const HighwayBackward<T, T>&);
  void (*combine)(const Combination<T>&);
  void (*contribute)(const Contribution<float, T>&);
  void (*contributeKept)(const Contribution<T, T>&);
  // Panels of weights in the order that the products read them, from float or T. `rows` of a
  // matrix become columns: depth × kPanel, for Bf16 with each two of the depth side by side
  // (VNNI) and the depth a multiple of 2. A null row is zeros.
  void (*packRows)(const float* const* rows, std::int64_t depth, std::int64_t paddedDepth,
                   T* panel);
  void (*packOwnRows)(const T* const* rows, std::int64_t depth, std::int64_t paddedDepth, T* panel);
  // Two rows of the panel, from two rows of the matrix of `columns` ≤ kPanel elements.
  void (*packPair)(const float* even, const float* odd, std::int64_t columns, T* panel);
  void (*packOwnPair)(const T* even, const T* odd, std::int64_t columns, T* panel);
};

struct RecurrenceKernels {
  RecurrenceTable<float> fp32;
  RecurrenceTable<Bf16> bf16;
};

}  // namespace kernels

ENAS_SIMD_TABLE(RecurrenceKernels, recurrenceKernels)
