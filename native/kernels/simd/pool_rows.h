#pragma once

// Only for .simd.cc files: how the pools go through rows of images.
#include "kernels/simd/lanes.h"
#include "kernels/simd/pool.h"

namespace kernels::ENAS_ISA {
namespace {

using Index = std::int64_t;

constexpr float kInfinity = __builtin_inff();

// A row in the workspace holds the padding at its sides too, so that no window needs to know where
// the image ends.
Index paddedWidth(const PoolShape& s) {
  const Index reached = (s.outWidth - 1) * s.strideWidth + s.kernelWidth;
  const Index there = s.padLeft + s.width;
  return reached > there ? reached : there;
}
// Vectors are read beyond the end of a row that is no multiple of them.
Index paddedRow(const PoolShape& s) { return paddedWidth(s) * s.channels + Floats::kLanes; }

Index workspace(const PoolShape& s) {
  // Rows of the output, with the padding that windows over them have; bytes beside floats.
  const Index width = s.outWidth + s.width + 2 * s.kernelWidth;
  const Index row = paddedRow(s) + width * s.channels + Floats::kLanes;
  return 2 * (s.kernelHeight + 1) * row;
}

template <typename Element>
void fill(Element* to, Index n, Element value) {
  for (Index i = 0; i < n; ++i) to[i] = value;
}

Index smaller(Index a, Index b) { return a < b ? a : b; }
Index larger(Index a, Index b) { return a > b ? a : b; }

// Output rows whose windows hold input row `row`.
struct Rows {
  Index first, last;
};
Rows windowsWith(const PoolShape& s, Index row) {
  const Index padded = row + s.padTop;
  const Index before = padded - s.kernelHeight + 1;
  return {before <= 0 ? 0 : (before + s.strideHeight - 1) / s.strideHeight,
          smaller(padded / s.strideHeight + 1, s.outHeight)};
}

// step(in, out, n) for the runs of n elements in which window and output go forward together: with
// stride 1 the whole row is one.
template <typename Step>
void eachRun(const PoolShape& s, const Step& step) {
  if (s.strideWidth == 1) return step(0, 0, s.outWidth * s.channels);
  for (Index ow = 0; ow < s.outWidth; ++ow) {
    step(ow * s.strideWidth * s.channels, ow * s.channels, s.channels);
  }
}

// Rows of a window that are in the image.
Rows rowsInside(const PoolShape& s, Index oh) {
  const Index top = oh * s.strideHeight - s.padTop;
  return {larger(0, -top), smaller(s.kernelHeight, s.height - top)};
}

// The windows that an element lies in, with stride 1, as a window over dy.
PoolShape transposed(const PoolShape& s) {
  return {s.channels,
          s.outHeight,
          s.outWidth,
          s.height,
          s.width,
          s.kernelHeight,
          s.kernelWidth,
          1,
          1,
          s.kernelHeight - 1 - s.padTop,
          s.kernelWidth - 1 - s.padLeft};
}

template <typename T>
void copy(const float* from, T* to, Index n) {
  eachVector(n, [=](Index i, auto lanes) { store(load(from + i, lanes), to + i, lanes); });
}

}  // namespace
}  // namespace kernels::ENAS_ISA
