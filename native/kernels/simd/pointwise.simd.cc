#include "kernels/simd/pointwise.h"

#include "kernels/simd/products.h"

namespace kernels::ENAS_ISA {
namespace {

template <typename T>
constexpr bool isFloat = false;
template <>
constexpr bool isFloat<float> = true;

std::int64_t smaller(std::int64_t a, std::int64_t b) { return a < b ? a : b; }

std::int64_t packedBytes(std::int64_t in, std::int64_t out) {
  return in * padded(out) * static_cast<std::int64_t>(sizeof(float));
}

// To fp32 numbers of T's precision: T is what the products are of.
template <typename T>
void pack(const float* weight, std::int64_t inStride, std::int64_t outStride, std::int64_t in,
          std::int64_t out, void* to) {
  float* packed = static_cast<float*>(to);
  clear(packed, in * padded(out));
  for (std::int64_t k = 0; k < in; ++k, packed += padded(out)) {
    for (std::int64_t n = 0; n < out; ++n) packed[n] = weight[k * inStride + n * outStride];
    for (std::int64_t n = 0; !isFloat<T> && n < out; n += Floats::kLanes) {
      Bf16 rounded[Floats::kLanes];
      Floats::load(packed + n).store(rounded);
      Floats::load(rounded).store(packed + n);
    }
  }
}

std::int64_t forwardScratchBytes(const Pointwise& of) {
  return of.count * static_cast<std::int64_t>(sizeof(Operand)) +
         of.channels * kPointwiseRows * static_cast<std::int64_t>(sizeof(float));
}

std::int64_t backwardScratchBytes(const Pointwise& of) {
  return (padded(of.channels) + of.out) * kPointwiseRows * static_cast<std::int64_t>(sizeof(float));
}

template <typename T>
void forward(const Pointwise& of, const void* weight, void* to, std::int64_t begin,
             std::int64_t end, void* scratch) {
  const std::int64_t stride = padded(of.out);
  Operand* operands = static_cast<Operand*>(scratch);
  for (std::int64_t row = begin; row < end; row += kPointwiseRows) {
    const std::int64_t rows = smaller(kPointwiseRows, end - row);
    const float* w = static_cast<const float*>(weight);
    float* staged = reinterpret_cast<float*>(operands + of.count);
    for (std::int64_t s = 0; s < of.count; ++s) {
      const std::int64_t c = of.sources[s].channels;
      const T* x = static_cast<const T*>(of.sources[s].x) + row * c;
      const float* a = staged;
      if constexpr (isFloat<T>) {
        if (!of.relu) a = x;
      }
      if (a == staged) {
        stage(x, rows, c, of.relu, staged, c);
        staged += rows * c;
      }
      operands[s] = {a, c, 1, w, stride, c};
      w += c * stride;
    }
    T* y = static_cast<T*>(to) + row * of.out;
    const auto at = [&](const void* of, std::int64_t first) {
      return of ? static_cast<const T*>(of) + first : nullptr;
    };
    product(operands, of.count, rows, of.out,
            Result<T>{y, of.out, false, at(of.mask, row * of.out), of.bias, of.outRelu,
                      at(of.addend, row * of.out)});
  }
}

template <typename T>
void backward(const Pointwise& of, const void* gradient, std::int64_t begin, std::int64_t end,
              void* scratch) {
  float* stagedDy = static_cast<float*>(scratch);
  float* stagedX = stagedDy + of.out * kPointwiseRows;
  for (std::int64_t row = begin; row < end; row += kPointwiseRows) {
    const std::int64_t rows = smaller(kPointwiseRows, end - row);
    const T* dy = static_cast<const T*>(gradient) + row * of.out;
    const float* a = stagedDy;
    if (isFloat<T> && !of.gradientRelu) {
      a = reinterpret_cast<const float*>(dy);
    } else {
      stage(dy, rows, of.out, of.gradientRelu, stagedDy, of.out);
    }
    for (std::int64_t s = 0; s < of.count; ++s) {
      const PointwiseSource& source = of.sources[s];
      const std::int64_t c = source.channels;
      const std::int64_t stride = padded(c);
      const T* x = static_cast<const T*>(source.x) + row * c;
      if (source.dWeight) {
        stage(x, rows, c, of.relu, stagedX, stride);
        const Operand operand{a, 1, of.out, stagedX, stride, rows};
        product(&operand, 1, of.out, c, Result<float>{source.dWeight, stride, true, nullptr});
      }
      if (source.dx) {
        const Operand operand{a,      of.out, 1, static_cast<const float*>(source.weight),
                              stride, of.out};
        product(&operand, 1, rows, c,
                Result<T>{static_cast<T*>(source.dx) + row * c, c, false, of.relu ? x : nullptr});
      }
    }
  }
}

template <typename T>
constexpr PointwiseTable table() {
  return {packedBytes, pack<T>, forwardScratchBytes, backwardScratchBytes, forward<T>, backward<T>};
}

}  // namespace

const PointwiseTables pointwiseTable{table<float>(), table<Bf16>()};

}  // namespace kernels::ENAS_ISA
