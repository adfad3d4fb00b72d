#include "kernels/pool_images.h"

#include <ATen/Parallel.h>
#include <ATen/native/Pool.h>

#include <algorithm>

#include "kernels/elements.h"
#include "kernels/plain.h"

namespace kernels {
namespace {

using at::Tensor;

constexpr auto kChannelsLast = at::MemoryFormat::ChannelsLast;
// Elements that are worth a thread.
constexpr int64_t kGrain = 1 << 14;

Tensor images(const Tensor& like, int64_t channels, int64_t height, int64_t width) {
  return at::empty({like.size(0), channels, height, width}, like.options(), kChannelsLast);
}

// body(image, first row, last row, workspace) for all rows of all images.
template <typename Body>
void forRows(int64_t count, int64_t rows, int64_t rowElements, const PoolShape& shape, Body body) {
  const int64_t grain = std::max<int64_t>(1, kGrain / std::max<int64_t>(1, rowElements));
  at::parallel_for(0, count * rows, grain, [&](int64_t first, int64_t last) {
    const auto workspace = c10::GetAllocator(at::kCPU)->allocate(
        static_cast<size_t>(still(poolKernels()).workspace(shape)) * sizeof(float));
    for (int64_t at = first; at < last;) {
      const int64_t image = at / rows;
      const int64_t end = std::min(last, (image + 1) * rows);
      body(image, at - image * rows, end - image * rows, static_cast<float*>(workspace.get()));
      at = end;
    }
  });
}

// One over how many elements each window along one side counts, as in ATen.
std::vector<float> factors(int64_t size, int64_t out, int64_t kernel, int64_t stride, int64_t pad,
                           bool countIncludePad, int64_t repeat) {
  std::vector<float> all;
  all.reserve(static_cast<size_t>(out * repeat));
  for (int64_t o = 0; o < out; ++o) {
    int64_t start = o * stride - pad;
    int64_t end = std::min(start + kernel, size + pad);
    if (!countIncludePad) {
      start = std::max<int64_t>(start, 0);
      end = std::min(end, size);
    }
    all.insert(all.end(), static_cast<size_t>(repeat), 1.0F / static_cast<float>(end - start));
  }
  return all;
}

struct Factors {
  std::vector<float> rows, columns;

  Factors(const PoolShape& s, bool countIncludePad)
      : rows(factors(s.height, s.outHeight, s.kernelHeight, s.strideHeight, s.padTop,
                     countIncludePad, 1)),
        columns(factors(s.width, s.outWidth, s.kernelWidth, s.strideWidth, s.padLeft,
                        countIncludePad, s.channels)) {}
  PoolFactors view() const { return {rows.data(), columns.data()}; }
};

int64_t inImage(const PoolShape& s) { return s.height * s.width * s.channels; }
int64_t outImage(const PoolShape& s) { return s.outHeight * s.outWidth * s.channels; }

}  // namespace

std::optional<PoolShape> poolShape(const Tensor& x, const PoolWindow& window) {
  const auto& [kernel, stride, padding, ceilMode] = window;
  if (poolKernels() == nullptr || !isPlain(x) || !isFloatOrBf16(x) || x.dim() != 4 ||
      x.numel() == 0 || !x.is_contiguous(kChannelsLast) || kernel.size() != 2 ||
      stride.size() != 2 || padding.size() != 2) {
    return std::nullopt;
  }
  int64_t out[2];
  for (size_t side = 0; side < 2; ++side) {
    const int64_t pad = padding[side];
    if (kernel[side] < 1 || stride[side] < 1 || pad < 0 || 2 * pad > kernel[side] ||
        kernel[side] > x.size(static_cast<int64_t>(side) + 2) + 2 * pad) {
      return std::nullopt;
    }
    out[side] = at::native::pooling_output_shape<int64_t>(
        x.size(static_cast<int64_t>(side) + 2), kernel[side], pad, stride[side], 1, ceilMode);
  }
  return PoolShape{x.size(1), x.size(2), x.size(3), out[0],     out[1],    kernel[0],
                   kernel[1], stride[0], stride[1], padding[0], padding[1]};
}

std::vector<int64_t> numbersOf(const PoolShape& s) {
  return {s.channels,    s.height,       s.width,       s.outHeight, s.outWidth, s.kernelHeight,
          s.kernelWidth, s.strideHeight, s.strideWidth, s.padTop,    s.padLeft};
}

PoolShape shapeOf(const std::vector<int64_t>& n) {
  return {n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8], n[9], n[10]};
}

Tensor emptyInput(const Tensor& like, const PoolShape& s) {
  return images(like, s.channels, s.height, s.width);
}

Tensor emptyOutput(const Tensor& like, const PoolShape& s) {
  return images(like, s.channels, s.outHeight, s.outWidth);
}

Tensor averagePool(const Tensor& x, const PoolShape& shape, bool countIncludePad) {
  const Factors factors(shape, countIncludePad);
  Tensor y = emptyOutput(x, shape);
  forType(still(poolKernels()), x.scalar_type(), [&](const auto& functions, auto element) {
    using T = decltype(element);
    const T* from = elements<T>(x);
    T* to = mutableElements<T>(y);
    forRows(x.size(0), shape.outHeight, shape.kernelHeight * shape.width * shape.channels, shape,
            [&](int64_t image, int64_t first, int64_t last, float* workspace) {
              functions.average(shape, factors.view(), from + image * inImage(shape),
                                to + image * outImage(shape), first, last, workspace);
            });
  });
  return y;
}

Tensor averagePoolGradient(const Tensor& dy, const PoolShape& shape, bool countIncludePad) {
  const Factors factors(shape, countIncludePad);
  Tensor dx = emptyInput(dy, shape);
  forType(still(poolKernels()), dy.scalar_type(), [&](const auto& functions, auto element) {
    using T = decltype(element);
    const T* from = elements<T>(dy);
    T* to = mutableElements<T>(dx);
    forRows(dy.size(0), shape.height, shape.width * shape.channels, shape,
            [&](int64_t image, int64_t first, int64_t last, float* workspace) {
              functions.averageGradient(shape, factors.view(), from + image * outImage(shape),
                                        to + image * inImage(shape), first, last, workspace);
            });
  });
  return dx;
}

Tensor maximumPool(const Tensor& x, const PoolShape& shape, Tensor& offsets) {
  Tensor y = emptyOutput(x, shape);
  uint8_t* where = offsets.defined() ? offsets.mutable_data_ptr<uint8_t>() : nullptr;
  forType(still(poolKernels()), x.scalar_type(), [&](const auto& functions, auto element) {
    using T = decltype(element);
    const T* from = elements<T>(x);
    T* to = mutableElements<T>(y);
    forRows(x.size(0), shape.outHeight, shape.width * shape.channels, shape,
            [&](int64_t image, int64_t first, int64_t last, float* workspace) {
              functions.maximum(shape, from + image * inImage(shape), to + image * outImage(shape),
                                where == nullptr ? nullptr : where + image * outImage(shape), first,
                                last, workspace);
            });
  });
  return y;
}

Tensor maximumPoolGradient(const Tensor& dy, const Tensor& offsets, const PoolShape& shape) {
  Tensor dx = emptyInput(dy, shape);
  const uint8_t* where = offsets.const_data_ptr<uint8_t>();
  forType(still(poolKernels()), dy.scalar_type(), [&](const auto& functions, auto element) {
    using T = decltype(element);
    const T* from = elements<T>(dy);
    T* to = mutableElements<T>(dx);
    forRows(dy.size(0), shape.height, shape.width * shape.channels, shape,
            [&](int64_t image, int64_t first, int64_t last, float* workspace) {
              functions.maximumGradient(shape, from + image * outImage(shape),
                                        where + image * outImage(shape),
                                        to + image * inImage(shape), first, last, workspace);
            });
  });
  return dx;
}

}  // namespace kernels
