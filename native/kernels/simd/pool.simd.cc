#include "kernels/simd/pool.h"

#include <cstddef>

#include "kernels/simd/lanes.h"
#include "kernels/simd/offsets.h"

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

template <typename T>
void average(const PoolShape& s, const PoolFactors& factors, const T* x, T* y, Index first,
             Index last, float* sums) {
  const Index row = s.width * s.channels;
  const Index outRow = s.outWidth * s.channels;
  fill(sums, paddedRow(s), 0.0F);
  float* const inside = sums + s.padLeft * s.channels;
  for (Index oh = first; oh < last; ++oh) {
    const Index top = oh * s.strideHeight - s.padTop;
    const Index from = larger(top, 0);
    const Index to = smaller(top + s.kernelHeight, s.height);
    eachVector(row, [=](Index i, auto lanes) {
      Floats sum = load(x + from * row + i, lanes);
      for (Index ih = from + 1; ih < to; ++ih) sum = sum + load(x + ih * row + i, lanes);
      store(sum, inside + i, lanes);
    });
    const Floats rowFactor = Floats::all(factors.rows[oh]);
    eachRun(s, [&](Index in, Index out, Index n) {
      const Index kernel = s.kernelWidth * s.channels;
      const Index channels = s.channels;
      const float* const columns = factors.columns + out;
      const float* const window = sums + in;
      T* const result = y + oh * outRow + out;
      eachVector(n, [=](Index i, auto lanes) {
        Floats sum = Floats::zero();
        for (Index q = 0; q < kernel; q += channels) sum = sum + Floats::load(window + q + i);
        store(sum * rowFactor * load(columns + i, lanes), result + i, lanes);
      });
    });
  }
}

template <typename T>
void copy(const float* from, T* to, Index n) {
  eachVector(n, [=](Index i, auto lanes) { store(load(from + i, lanes), to + i, lanes); });
}

template <typename T>
void averageGradient(const PoolShape& s, const PoolFactors& factors, const T* dy, T* dx,
                     Index first, Index last, float* sums) {
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

// Rows of a window that are in the image.
Rows rowsInside(const PoolShape& s, Index oh) {
  const Index top = oh * s.strideHeight - s.padTop;
  return {larger(0, -top), smaller(s.kernelHeight, s.height - top)};
}

// kernelWidth is that of the shape, or 0 where it is not known when this is compiled.
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

template <typename T>
constexpr PoolFunctions<T> functions{average<T>, averageGradient<T>, maximum<T>,
                                     maximumGradient<T>};

}  // namespace

const PoolKernels poolKernelsTable{functions<float>, functions<Bf16>, workspace};

}  // namespace kernels::ENAS_ISA
