#include "kernels/simd/pool.h"

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
  // Of the output's rows, with kernelWidth − 1 pixels of padding on both sides.
  const Index gradients = (s.outWidth + s.width + 2 * s.kernelWidth) * s.channels + Floats::kLanes;
  return (s.kernelHeight + 1) * paddedRow(s) + gradients;
}

void fill(float* to, Index n, float value) {
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
  fill(sums, paddedRow(s), 0);
  float* const inside = sums + s.padLeft * s.channels;
  for (Index oh = first; oh < last; ++oh) {
    const Index top = oh * s.strideHeight - s.padTop;
    const Index from = larger(top, 0);
    const Index to = smaller(top + s.kernelHeight, s.height);
    eachVector(row, [=](Index i, auto lanes) {
      Floats sum = Floats::zero();
      for (Index ih = from; ih < to; ++ih) sum = sum + load(x + ih * row + i, lanes);
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
    fill(sums, paddedRow(s), 0);
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

// Rows of the image that the window is over, in fp32 and with −∞ around them; padded row r lies in
// place r mod kernelHeight.
template <typename T>
class Window {
 public:
  Window(const PoolShape& shape, const T* image, float* workspace)
      : s_(shape), image_(image), rows_(workspace) {
    fill(rows_, s_.kernelHeight * paddedRow(s_), -kInfinity);
  }

  // Brings in the rows of output row oh that are not there yet.
  void moveTo(Index oh) {
    const Index top = oh * s_.strideHeight;
    for (next_ = larger(next_, top); next_ < top + s_.kernelHeight; ++next_) {
      const Index ih = next_ - s_.padTop;
      if (ih < 0 || ih >= s_.height) continue;
      const Index n = s_.width * s_.channels;
      const T* const from = image_ + ih * n;
      float* const to = rows_ + next_ % s_.kernelHeight * paddedRow(s_) + s_.padLeft * s_.channels;
      eachVector(n, [=](Index i, auto lanes) { store(load(from + i, lanes), to + i, lanes); });
    }
  }
  const float* row(Index padded) const { return rows_ + padded % s_.kernelHeight * paddedRow(s_); }

 private:
  const PoolShape& s_;
  const T* image_;
  float* rows_;
  Index next_ = 0;
};

template <bool withOffsets, typename T>
void maximumAs(const PoolShape& s, const T* x, T* y, std::uint8_t* offsets, Index first, Index last,
               float* workspace) {
  const Index outRow = s.outWidth * s.channels;
  Window<T> window(s, x, workspace);
  // Where nothing in a window is above −∞. It is in the image, as half the kernel at most is
  // outside.
  const Offsets origin = Offsets::all(s.padTop * s.kernelWidth + s.padLeft);
  for (Index oh = first; oh < last; ++oh) {
    window.moveTo(oh);
    const Index top = oh * s.strideHeight;
    const Index from = larger(0, s.padTop - top);
    const Index to = smaller(s.kernelHeight, s.height + s.padTop - top);
    eachRun(s, [&](Index in, Index out, Index n) {
      T* const result = y + oh * outRow + out;
      std::uint8_t* const where = withOffsets ? offsets + oh * outRow + out : nullptr;
      eachVector(n, [&](Index i, auto lanes) {
        Floats best = Floats::all(-kInfinity);
        Offsets offset = origin;
        for (Index r = from; r < to; ++r) {
          const float* const row = window.row(top + r) + in + i;
          for (Index q = 0; q < s.kernelWidth; ++q) {
            takeGreater(best, offset, Floats::load(row + q * s.channels),
                        Offsets::all(r * s.kernelWidth + q));
          }
        }
        store(best, result + i, lanes);
        if constexpr (withOffsets) offset.store(where + i, lanes.n);
      });
    });
  }
}

template <typename T>
void maximum(const PoolShape& s, const T* x, T* y, std::uint8_t* offsets, Index first, Index last,
             float* workspace) {
  return offsets == nullptr ? maximumAs<false>(s, x, y, offsets, first, last, workspace)
                            : maximumAs<true>(s, x, y, offsets, first, last, workspace);
}

template <typename T>
void maximumGradient(const PoolShape& s, const T* dy, const std::uint8_t* offsets, T* dx,
                     Index first, Index last, float* sums) {
  const Index row = s.width * s.channels;
  const Index outRow = s.outWidth * s.channels;
  for (Index ih = first; ih < last; ++ih) {
    fill(sums, paddedRow(s), 0);
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
