#include "kernels/pool.h"

#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "kernels/pool_images.h"

namespace kernels {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr auto kChannelsLast = at::MemoryFormat::ChannelsLast;

// The average over windows and its gradient are linear, each the transpose of the other: each is
// the other's gradient.
template <bool isGradient>
struct Average : torch::autograd::Function<Average<isGradient>> {
  static Tensor forward(AutogradContext* ctx, const Tensor& input, const PoolShape& shape,
                        bool countIncludePad) {
    RECORD_FUNCTION(isGradient ? "enas::avg_pool_backward" : "enas::avg_pool", {});
    ctx->saved_data["shape"] = numbersOf(shape);
    ctx->saved_data["countIncludePad"] = countIncludePad;
    const Tensor from = input.contiguous(kChannelsLast);
    return isGradient ? averagePoolGradient(from, shape, countIncludePad)
                      : averagePool(from, shape, countIncludePad);
  }

  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    const PoolShape shape = shapeOf(ctx->saved_data["shape"].toIntVector());
    const bool countIncludePad = ctx->saved_data["countIncludePad"].toBool();
    return {Average<!isGradient>::apply(gradients[0], shape, countIncludePad), Tensor(), Tensor()};
  }
};

// ATen's indices, [N, C, H', W'] of elements of [H, W], from offsets in the windows.
Tensor indicesOf(const Tensor& offsets, const PoolShape& s) {
  const Tensor places = offsets.to(at::kLong);
  const Tensor rows = places.floor_divide(s.kernelWidth) +
                      (at::arange(s.outHeight) * s.strideHeight - s.padTop).view({-1, 1, 1});
  const Tensor columns = places.remainder(s.kernelWidth) +
                         (at::arange(s.outWidth) * s.strideWidth - s.padLeft).view({-1, 1});
  return (rows * s.width + columns).permute({0, 3, 1, 2});
}

struct Maximum : torch::autograd::Function<Maximum> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x, const PoolShape& shape,
                        bool ceilMode) {
    RECORD_FUNCTION("enas::max_pool", {});
    Tensor offsets = at::empty({x.size(0), shape.outHeight, shape.outWidth, shape.channels},
                               x.options().dtype(at::kByte));
    ctx->saved_data["shape"] = numbersOf(shape);
    ctx->saved_data["ceilMode"] = ceilMode;
    Tensor y = maximumPool(x, shape, offsets);
    ctx->save_for_backward({offsets});
    return y;
  }

  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    RECORD_FUNCTION("enas::max_pool_backward", {});
    const Tensor offsets = ctx->get_saved_variables()[0];
    const PoolShape shape = shapeOf(ctx->saved_data["shape"].toIntVector());
    const Tensor dy = gradients[0].contiguous(kChannelsLast);
    if (!at::GradMode::is_enabled()) {
      return {maximumPoolGradient(dy, offsets, shape), Tensor(), Tensor()};
    }
    // To be differentiated in turn: ATen's operator, which can be.
    return {at::max_pool2d_with_indices_backward(
                dy, emptyInput(dy.detach(), shape), {shape.kernelHeight, shape.kernelWidth},
                {shape.strideHeight, shape.strideWidth}, {shape.padTop, shape.padLeft}, {1, 1},
                ctx->saved_data["ceilMode"].toBool(), indicesOf(offsets, shape)),
            Tensor(), Tensor()};
  }
};

}  // namespace

Tensor avgPool2d(const Tensor& x, at::IntArrayRef kernel, at::IntArrayRef stride,
                 at::IntArrayRef padding, bool ceilMode, bool countIncludePad) {
  const auto shape = poolShape(x, {kernel, stride, padding, ceilMode});
  if (!shape) return at::avg_pool2d(x, kernel, stride, padding, ceilMode, countIncludePad);
  return Average<false>::apply(x, *shape, countIncludePad);
}

namespace {

// One number of a list stands for all, none for the kernel's.
int64_t numberAt(at::IntArrayRef list, at::IntArrayRef kernel, size_t i) {
  if (list.empty()) return numberAt(kernel, kernel, i);
  return list.size() == 1 ? list[0] : list[i];
}

// With a dilation a window's elements may all lie in the padding: there is no largest, and ATen's
// gradient is written outside of the input.
void checkWindows(const Tensor& x, const Tensor& y, at::IntArrayRef kernel, at::IntArrayRef stride,
                  at::IntArrayRef padding, at::IntArrayRef dilation) {
  for (const size_t i : {size_t{0}, size_t{1}}) {
    const int64_t size = x.size(x.dim() - 2 + static_cast<int64_t>(i));
    const int64_t step = numberAt(dilation, {1, 1}, i);
    for (int64_t window = 0; window < y.size(y.dim() - 2 + static_cast<int64_t>(i)); ++window) {
      const int64_t first = window * numberAt(stride, kernel, i) - numberAt(padding, {0, 0}, i);
      const int64_t before = first < 0 ? (-first + step - 1) / step : 0;
      const bool any = before < numberAt(kernel, kernel, i) && first + before * step < size;
      TORCH_CHECK(any, "expected windows with an element of the input in each, got one that lies ",
                  "wholly in the padding: size ", size, ", kernel ", kernel, ", stride ", stride,
                  ", padding ", padding, ", dilation ", dilation,
                  "; use a smaller padding or dilation");
    }
  }
}

}  // namespace

Tensor maxPool2d(const Tensor& x, at::IntArrayRef kernel, at::IntArrayRef stride,
                 at::IntArrayRef padding, at::IntArrayRef dilation, bool ceilMode) {
  const auto shape = poolShape(x, {kernel, stride, padding, ceilMode});
  if (!shape || shape->kernelHeight > kMostPoolRows ||
      shape->kernelHeight * shape->kernelWidth > 255 ||
      !std::all_of(dilation.begin(), dilation.end(), [](int64_t d) { return d == 1; })) {
    const Tensor y = at::max_pool2d(x, kernel, stride, padding, dilation, ceilMode);
    checkWindows(x, y, kernel, stride, padding, dilation);
    return y;
  }
  if (at::GradMode::is_enabled() && x.requires_grad()) return Maximum::apply(x, *shape, ceilMode);
  Tensor none;
  return maximumPool(x, *shape, none);
}

Tensor globalAvgPool(const Tensor& x) {
  TORCH_CHECK(x.dim() == 4, "expected an input of 4 dimensions, got ", x.dim());
  const int64_t sides[] = {x.size(2), x.size(3)};
  const int64_t none[] = {0, 0};
  const auto shape = poolShape(x, {sides, sides, none, false});
  if (!shape) return x.mean({2, 3});
  return Average<false>::apply(x, *shape, true).view({x.size(0), x.size(1)});
}

}  // namespace kernels
