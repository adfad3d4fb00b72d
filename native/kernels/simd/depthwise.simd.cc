#include "kernels/simd/depthwise.h"

#include "kernels/simd/depthwise_rows.h"
#include "kernels/simd/depthwise_tiles.h"

namespace kernels::ENAS_ISA {
namespace {

// The convolution that a direction of a depthwise convolution comes down to.
template <typename T>
struct Convolution {
  const T* in;
  std::int64_t channels, height, width, padTop, padLeft;
  bool inputRelu;
  const float* table;
  // Every `outStep`-th pixel of every `outStep`-th row of an image, where `mask` is above zero if
  // there is one.
  T* out;
  const T* mask;
  std::int64_t outHeight, outWidth, outStep, outPitch;
};

template <typename T>
void put(const Convolution<T>& c, std::int64_t row, const float* from) {
  const std::int64_t at = row * c.outPitch;
  if (c.outStep == 1) {
    const std::int64_t length = c.outWidth * c.channels;
    if (c.mask == nullptr) {
      narrow<false>(c.out + at, from, static_cast<const T*>(nullptr), length);
    } else {
      narrow<true>(c.out + at, from, c.mask + at, length);
    }
    return;
  }
  for (std::int64_t column = 0; column < c.outWidth; ++column, from += c.channels) {
    const std::int64_t pixel = at + column * c.outStep * c.channels;
    if (c.mask == nullptr) {
      narrow<false>(c.out + pixel, from, static_cast<const T*>(nullptr), c.channels);
    } else {
      narrow<true>(c.out + pixel, from, c.mask + pixel, c.channels);
    }
  }
}

// fp32 rows that nothing is done to are computed where they belong.
template <typename T>
float* inPlace(const Convolution<T>&, std::int64_t) {
  return nullptr;
}
inline float* inPlace(const Convolution<float>& c, std::int64_t row) {
  const bool whole = c.outWidth * c.channels % Floats::kLanes == 0;
  const bool plain = c.mask == nullptr && c.outStep == 1;
  return whole && plain ? c.out + row * c.outPitch : nullptr;
}

template <int Kernel, int Stride, typename T>
void convolve(const Convolution<T>& c, std::int64_t first, std::int64_t last, float* workspace) {
  using Shape = Tile<Kernel, Stride>;
  Rows<T> in(c.in, c.channels, c.height, c.width, c.padLeft, (c.outWidth - 1) * Stride + Kernel,
             Stride, Shape::kInRows, c.inputRelu, workspace);
  const std::int64_t length = c.outWidth * c.channels;
  float* const scratch = workspace + (Shape::kInRows + 1) * in.pitch();
  const float* inRows[Shape::kInRows];
  std::int64_t columns[Kernel];
  float* outRows[Shape::kRows];
  const TileRows rows{inRows, columns, c.table, depthwiseTableStride(c.channels), outRows};
  for (int k = 0; k < Kernel; ++k) columns[k] = in.offset(k);
  in.start(first * Stride - c.padTop);
  for (std::int64_t row = first; row < last; row += Shape::kRows) {
    const std::int64_t begin = row * Stride - c.padTop;
    in.advance(begin + Shape::kInRows);
    for (int i = 0; i < Shape::kInRows; ++i) inRows[i] = in.row(begin + i);
    for (int r = 0; r < Shape::kRows; ++r) {
      float* const direct = row + r < last ? inPlace(c, row + r) : nullptr;
      outRows[r] = direct != nullptr ? direct : scratch + r * upTo16(length);
    }
    Ahead ahead(length / Floats::kLanes / 4);
    const std::int64_t inBytes = c.width * c.channels * static_cast<std::int64_t>(sizeof(T));
    ahead.read(c.in + (begin + Shape::kInRows) * c.width * c.channels,
               Shape::kRows * Stride * inBytes);
    const std::int64_t outBytes = c.outPitch * static_cast<std::int64_t>(sizeof(T));
    ahead.write(c.out + row * c.outPitch, Shape::kRows * outBytes);
    if (c.mask != nullptr) ahead.read(c.mask + row * c.outPitch, Shape::kRows * outBytes);
    convolveRows<Kernel, Stride>(rows, c.channels, length, ahead);
    for (int r = 0; r < Shape::kRows && row + r < last; ++r) {
      if (outRows[r] == scratch + r * upTo16(length)) put(c, row + r, outRows[r]);
    }
  }
}

template <int Kernel, int Stride, typename T>
void accumulate(const DepthwiseShape& s, const T* dy, const T* x, float* sums, float* workspace) {
  using Shape = Tile<Kernel, Stride>;
  Rows<T> in(x, s.channels, s.height, s.width, s.padLeft, (s.outWidth - 1) * Stride + Kernel,
             Stride, Shape::kInRows, s.inputRelu, workspace);
  Rows<T> out(dy, s.channels, s.outHeight, s.outWidth, 0, s.outWidth, 1, Shape::kRows, false,
              workspace + (Shape::kInRows + 1) * in.pitch());
  const float* inRows[Shape::kInRows];
  std::int64_t columns[Kernel];
  const float* dyRows[Shape::kRows];
  const GradientRows rows{inRows, columns, dyRows, sums, depthwiseTableStride(s.channels)};
  for (int k = 0; k < Kernel; ++k) columns[k] = in.offset(k);
  in.start(-s.padTop);
  for (std::int64_t row = 0; row < s.outHeight; row += Shape::kRows) {
    const std::int64_t begin = row * Stride - s.padTop;
    in.advance(begin + Shape::kInRows);
    out.advance(row + Shape::kRows);
    for (int i = 0; i < Shape::kInRows; ++i) inRows[i] = in.row(begin + i);
    for (int r = 0; r < Shape::kRows; ++r) dyRows[r] = out.row(row + r);
    Ahead ahead(phasesOf(s.channels));
    const std::int64_t inBytes = s.width * s.channels * static_cast<std::int64_t>(sizeof(T));
    ahead.read(x + (begin + Shape::kInRows) * s.width * s.channels,
               Shape::kRows * Stride * inBytes);
    ahead.read(dy + (row + Shape::kRows) * s.outWidth * s.channels,
               Shape::kRows * s.outWidth * s.channels * static_cast<std::int64_t>(sizeof(T)));
    gradientRows<Kernel, Stride>(rows, s.channels, s.outWidth * s.channels, ahead);
  }
}

// Calls body.template operator()<Kernel, Stride>().
template <typename Body>
void forKernel(const DepthwiseShape& s, Body body) {
  if (s.stride == 1) {
    if (s.kernel == 3) return body.template operator()<3, 1>();
    if (s.kernel == 5) return body.template operator()<5, 1>();
    return body.template operator()<7, 1>();
  }
  if (s.kernel == 3) return body.template operator()<3, 2>();
  if (s.kernel == 5) return body.template operator()<5, 2>();
  return body.template operator()<7, 2>();
}

template <typename T>
void forward(const DepthwiseShape& s, const float* table, const T* x, T* y, std::int64_t first,
             std::int64_t last, float* workspace) {
  const Convolution<T> c{
      x,     s.channels, s.height, s.width,     s.padTop,   s.padLeft, s.inputRelu,
      table, y,          nullptr,  s.outHeight, s.outWidth, 1,         s.outWidth * s.channels};
  forKernel(s,
            [&]<int Kernel, int Stride>() { convolve<Kernel, Stride>(c, first, last, workspace); });
}

// dx[i] = Σₖ w[k] · dy[(i + pad − k) / stride]: for stride 1 the convolution with the taps in
// descending order, for stride 2 one such for each parity of row and column, with the taps of that
// parity of i + pad.
template <typename T>
void dataGradient(const DepthwiseShape& s, const float* table, const T* dy, const T* x, T* dx,
                  float* workspace) {
  const std::int64_t taps = depthwiseDataTaps(s.kernel, s.stride);
  for (std::int64_t row = 0; row < s.stride; ++row) {
    for (std::int64_t column = 0; column < s.stride; ++column) {
      const std::int64_t tapRow = (row + s.padTop) % s.stride;
      const std::int64_t tapColumn = (column + s.padLeft) % s.stride;
      const std::int64_t at = (row * s.width + column) * s.channels;
      const Convolution<T> c{
          dy,
          s.channels,
          s.outHeight,
          s.outWidth,
          taps - 1 - (row + s.padTop) / s.stride,
          taps - 1 - (column + s.padLeft) / s.stride,
          false,
          table + (tapRow * s.stride + tapColumn) * taps * taps * depthwiseTableStride(s.channels),
          dx + at,
          s.inputRelu ? x + at : nullptr,
          (s.height - row + s.stride - 1) / s.stride,
          (s.width - column + s.stride - 1) / s.stride,
          s.stride,
          s.stride * s.width * s.channels};
      if (c.outHeight <= 0 || c.outWidth <= 0) continue;
      if (taps == 2) convolve<2, 1>(c, 0, c.outHeight, workspace);
      if (taps == 3) convolve<3, 1>(c, 0, c.outHeight, workspace);
      if (taps == 4) convolve<4, 1>(c, 0, c.outHeight, workspace);
      if (taps == 5) convolve<5, 1>(c, 0, c.outHeight, workspace);
      if (taps == 7) convolve<7, 1>(c, 0, c.outHeight, workspace);
    }
  }
}

template <typename T>
void weightGradient(const DepthwiseShape& s, const T* dy, const T* x, float* sums,
                    float* workspace) {
  forKernel(
      s, [&]<int Kernel, int Stride>() { accumulate<Kernel, Stride>(s, dy, x, sums, workspace); });
}

std::int64_t workspace(const DepthwiseShape& s) {
  const std::int64_t slots = (kDepthwiseRows - 1) * s.stride + s.kernel;
  const std::int64_t read = (s.outWidth - 1) * s.stride + s.kernel;
  const std::int64_t written = s.width + s.kernel;
  const std::int64_t columns = read > written ? read : written;
  // The rows read, and as many rows to write or of dy as are computed at once and one of zeros.
  return Rows<float>::floats(s.channels, columns, s.stride, slots) +
         Rows<float>::floats(s.channels, columns, 1, kDepthwiseRows);
}

}  // namespace

const DepthwiseKernels depthwiseTable = {
    {forward<float>, dataGradient<float>, weightGradient<float>},
    {forward<Bf16>, dataGradient<Bf16>, weightGradient<Bf16>},
    workspace};

}  // namespace kernels::ENAS_ISA
