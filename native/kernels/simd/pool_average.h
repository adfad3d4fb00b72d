#pragma once

// Only for .simd.cc files.
#include "kernels/simd/pool_rows.h"

namespace kernels::ENAS_ISA {
namespace {

// The sum of term(row) over the rows, three of them without a loop.
template <typename Term>
Floats sumOf(Rows rows, const Term& term) {
  Floats sum = term(rows.first);
  if (rows.last - rows.first == 3) return sum + term(rows.first + 1) + term(rows.first + 2);
  for (Index r = rows.first + 1; r < rows.last; ++r) sum = sum + term(r);
  return sum;
}

// The mean over windows, or with isGradient, of a transposed shape, the gradient of that: the
// factors are then those of the rows and columns that are read. kernelWidth is that of the shape,
// or 0 where it is not known when this is compiled.
template <bool isGradient, Index kernelWidth, typename T>
void averageAs(const PoolShape& s, const PoolFactors& factors, const T* x, T* y, Index first,
               Index last, float* sums) {
  const Index width = kernelWidth == 0 ? s.kernelWidth : kernelWidth;
  const Index channels = s.channels;
  const Index row = s.width * channels;
  const Index outRow = s.outWidth * channels;
  fill(sums, paddedRow(s), 0.0F);
  float* const inside = sums + s.padLeft * channels;
  for (Index oh = first; oh < last; ++oh) {
    const Rows rows = rowsInside(s, oh);
    const Index top = oh * s.strideHeight - s.padTop;
    const T* const from = x + top * row;
    eachVector(row, [=](Index i, auto lanes) {
      if constexpr (isGradient) {
        const Floats sum = sumOf(rows, [=](Index r) {
          return Floats::all(factors.rows[top + r]) * load(from + r * row + i, lanes);
        });
        store(sum * load(factors.columns + i, lanes), inside + i, lanes);
      } else {
        const auto element = [=](Index r) { return load(from + r * row + i, lanes); };
        store(sumOf(rows, element), inside + i, lanes);
      }
    });
    eachRun(s, [=, &s](Index in, Index out, Index n) {
      const float* const window = sums + in;
      T* const result = y + oh * outRow + out;
      eachVector(n, [=](Index i, auto lanes) {
        Floats sum = Floats::load(window + i);
        for (Index q = 1; q < width; ++q) sum = sum + Floats::load(window + q * channels + i);
        if constexpr (!isGradient) {
          sum = sum * Floats::all(factors.rows[oh]) * load(factors.columns + out + i, lanes);
        }
        store(sum, result + i, lanes);
      });
    });
  }
}

template <typename T>
void average(const PoolShape& s, const PoolFactors& factors, const T* x, T* y, Index first,
             Index last, float* sums) {
  return s.kernelWidth == 3 ? averageAs<false, 3>(s, factors, x, y, first, last, sums)
                            : averageAs<false, 0>(s, factors, x, y, first, last, sums);
}

template <typename T>
void scatterAverage(const PoolShape& s, const PoolFactors& factors, const T* dy, T* dx, Index first,
                    Index last, float* sums) {
  const Index row = s.width * s.channels;
  const Index outRow = s.outWidth * s.channels;
  float* const shares = sums + paddedRow(s);
  for (Index ih = first; ih < last; ++ih) {
    const Rows windows = windowsWith(s, ih);
    eachVector(outRow, [=](Index i, auto lanes) {
      Floats share = Floats::zero();
      for (Index oh = windows.first; oh < windows.last; ++oh) {
        share = fma(Floats::all(factors.rows[oh]), load(dy + oh * outRow + i, lanes), share);
      }
      store(share * load(factors.columns + i, lanes), shares + i, lanes);
    });
    fill(sums, paddedRow(s), 0.0F);
    for (Index q = 0; q < s.kernelWidth; ++q) {
      eachRun(s, [=, &s](Index in, Index out, Index n) {
        float* const to = sums + in + q * s.channels;
        eachVector(n, [=](Index i, auto lanes) {
          store(load(to + i, lanes) + load(shares + out + i, lanes), to + i, lanes);
        });
      });
    }
    copy(sums + s.padLeft * s.channels, dx + ih * row, row);
  }
}

template <typename T>
void averageGradient(const PoolShape& s, const PoolFactors& factors, const T* dy, T* dx,
                     Index first, Index last, float* sums) {
  if (s.strideHeight != 1 || s.strideWidth != 1) {
    return scatterAverage(s, factors, dy, dx, first, last, sums);
  }
  const PoolShape windows = transposed(s);
  return s.kernelWidth == 3 ? averageAs<true, 3>(windows, factors, dy, dx, first, last, sums)
                            : averageAs<true, 0>(windows, factors, dy, dx, first, last, sums);
}

}  // namespace
}  // namespace kernels::ENAS_ISA
