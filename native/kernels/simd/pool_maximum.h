#pragma once

// Only for .simd.cc files.
#include <cstddef>

#include "kernels/simd/offsets.h"
#include "kernels/simd/pool_rows.h"

namespace kernels::ENAS_ISA {
namespace {

void widen(const std::uint8_t* from, std::uint8_t* to, Index n) {
  __builtin_memcpy(to, from, static_cast<std::size_t>(n));
}
template <typename T>
void widen(const T* from, float* to, Index n) {
  eachVector(n, [=](Index i, auto lanes) { store(load(from + i, lanes), to + i, lanes); });
}

// The rows of an image that a window is over, with what is around it; padded row r lies in place r
// mod kernelHeight. Kept: float, or for offsets the byte that they are.
template <typename Kept, typename T>
class Window {
 public:
  Window(const PoolShape& shape, const T* image, Kept around, Kept* workspace)
      : s_(shape), image_(image), rows_(workspace), row_(paddedRow(shape)) {
    fill(rows_, s_.kernelHeight * row_, around);
  }

  // Brings in the rows of output row oh that are not there yet.
  void moveTo(Index oh) {
    const Index top = oh * s_.strideHeight;
    for (next_ = larger(next_, top); next_ < top + s_.kernelHeight; ++next_) {
      const Index ih = next_ - s_.padTop;
      if (ih < 0 || ih >= s_.height) continue;
      const Index n = s_.width * s_.channels;
      widen(image_ + ih * n, rows_ + next_ % s_.kernelHeight * row_ + s_.padLeft * s_.channels, n);
    }
  }
  const Kept* row(Index padded) const { return rows_ + padded % s_.kernelHeight * row_; }

 private:
  const PoolShape& s_;
  const T* image_;
  Kept* rows_;
  Index row_;
  Index next_ = 0;
};

template <bool withOffsets, Index kernelWidth, typename T>
void maximumAs(const PoolShape& s, const T* x, T* y, std::uint8_t* offsets, Index first, Index last,
               float* workspace) {
  const Index width = kernelWidth == 0 ? s.kernelWidth : kernelWidth;
  const Index channels = s.channels;
  const Index outRow = s.outWidth * channels;
  Window<float, T> window(s, x, -kInfinity, workspace);
  // Where nothing in a window is above −∞. It is in the image: at most half the kernel is outside.
  const Offsets origin = Offsets::all(s.padTop * width + s.padLeft);
  for (Index oh = first; oh < last; ++oh) {
    window.moveTo(oh);
    const Rows inside = rowsInside(s, oh);
    const float* rows[kMostPoolRows];
    for (Index r = inside.first; r < inside.last; ++r) {
      rows[r] = window.row(oh * s.strideHeight + r);
    }
    eachRun(s, [&](Index in, Index out, Index n) {
      T* const result = y + oh * outRow + out;
      std::uint8_t* const where = withOffsets ? offsets + oh * outRow + out : nullptr;
      eachVector(n, [&, in, result, where](Index i, auto lanes) {
        Floats best = Floats::all(-kInfinity);
        Offsets offset = origin;
        for (Index r = inside.first; r < inside.last; ++r) {
          for (Index q = 0; q < width; ++q) {
            takeGreater(best, offset, Floats::load(rows[r] + in + i + q * channels),
                        Offsets::all(r * width + q));
          }
        }
        store(best, result + i, lanes);
        if constexpr (withOffsets) offset.store(where + i, lanes.n);
      });
    });
  }
}

template <bool withOffsets, typename T>
void maximumOf(const PoolShape& s, const T* x, T* y, std::uint8_t* offsets, Index first, Index last,
               float* workspace) {
  return s.kernelWidth == 3 ? maximumAs<withOffsets, 3>(s, x, y, offsets, first, last, workspace)
                            : maximumAs<withOffsets, 0>(s, x, y, offsets, first, last, workspace);
}

template <typename T>
void maximum(const PoolShape& s, const T* x, T* y, std::uint8_t* offsets, Index first, Index last,
             float* workspace) {
  return offsets == nullptr ? maximumOf<false>(s, x, y, offsets, first, last, workspace)
                            : maximumOf<true>(s, x, y, offsets, first, last, workspace);
}

template <Index kernelWidth, typename T>
void gatherGradient(const PoolShape& s, const T* dy, const std::uint8_t* offsets, T* dx,
                    Index first, Index last, float* workspace) {
  const Index width = kernelWidth == 0 ? s.kernelWidth : kernelWidth;
  const Index channels = s.channels;
  const Index row = s.outWidth * channels;
  const Index taps = s.kernelHeight * width;
  // The offset of no tap.
  constexpr std::uint8_t kOutside = 255;
  float* const bytes = workspace + s.kernelHeight * paddedRow(s);
  Window<float, T> gradients(s, dy, 0, workspace);
  Window<std::uint8_t, std::uint8_t> places(s, offsets, kOutside,
                                            reinterpret_cast<std::uint8_t*>(bytes));
  for (Index oh = first; oh < last; ++oh) {
    gradients.moveTo(oh);
    places.moveTo(oh);
    const Rows inside = rowsInside(s, oh);
    const float* gradient[kMostPoolRows];
    const std::uint8_t* place[kMostPoolRows];
    for (Index r = inside.first; r < inside.last; ++r) {
      gradient[r] = gradients.row(oh + r);
      place[r] = places.row(oh + r);
    }
    T* const result = dx + oh * row;
    eachVector(row, [&, result](Index i, auto lanes) {
      Floats sum = Floats::zero();
      for (Index r = inside.first; r < inside.last; ++r) {
        for (Index q = 0; q < width; ++q) {
          const Index at = i + q * channels;
          sum = sum + whereOffset(place[r] + at, Floats::kLanes,
                                  static_cast<std::uint8_t>(taps - 1 - (r * width + q)),
                                  Floats::load(gradient[r] + at));
        }
      }
      store(sum, result + i, lanes);
    });
  }
}

template <typename T>
void maximumGradient(const PoolShape& s, const T* dy, const std::uint8_t* offsets, T* dx,
                     Index first, Index last, float* sums) {
  if (s.strideHeight == 1 && s.strideWidth == 1) {
    const PoolShape windows = transposed(s);
    return s.kernelWidth == 3 ? gatherGradient<3>(windows, dy, offsets, dx, first, last, sums)
                              : gatherGradient<0>(windows, dy, offsets, dx, first, last, sums);
  }
  const Index row = s.width * s.channels;
  const Index outRow = s.outWidth * s.channels;
  for (Index ih = first; ih < last; ++ih) {
    fill(sums, paddedRow(s), 0.0F);
    const Rows windows = windowsWith(s, ih);
    for (Index oh = windows.first; oh < windows.last; ++oh) {
      const Index r = ih + s.padTop - oh * s.strideHeight;
      for (Index q = 0; q < s.kernelWidth; ++q) {
        const auto wanted = static_cast<std::uint8_t>(r * s.kernelWidth + q);
        eachRun(s, [=, &s](Index in, Index out, Index n) {
          float* const to = sums + in + q * s.channels;
          const T* const gradient = dy + oh * outRow + out;
          const std::uint8_t* const where = offsets + oh * outRow + out;
          eachVector(n, [=](Index i, auto lanes) {
            const Floats share = whereOffset(where + i, lanes.n, wanted, load(gradient + i, lanes));
            store(load(to + i, lanes) + share, to + i, lanes);
          });
        });
      }
    }
    copy(sums + s.padLeft * s.channels, dx + ih * row, row);
  }
}

}  // namespace
}  // namespace kernels::ENAS_ISA
