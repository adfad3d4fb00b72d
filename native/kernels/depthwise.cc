#include "kernels/depthwise.h"

#include <ATen/Parallel.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "kernels/depthwise_tables.h"
#include "kernels/elements.h"
#include "kernels/plain.h"
#include "kernels/simd/depthwise.h"

namespace kernels {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr auto kChannelsLast = at::MemoryFormat::ChannelsLast;
// Multiply-adds that are worth a thread.
constexpr int64_t kGrain = 1 << 17;
// Sums of the weight gradient that stand apart until the end. So many, whatever the number of
// threads, so that the order of the additions is always the same.
constexpr int64_t kMostSums = 64;

int64_t multiplyAdds(const DepthwiseShape& s) {
  return s.outHeight * s.outWidth * s.channels * s.kernel * s.kernel;
}

at::DataPtr floats(int64_t n) {
  return c10::GetAllocator(at::kCPU)->allocate(static_cast<size_t>(n) * sizeof(float));
}

Tensor forward(const DepthwiseShape& s, const Tensor& x, const Tensor& weight) {
  const int64_t images = x.size(0);
  Tensor y = at::empty({images, s.channels, s.outHeight, s.outWidth},
                       x.options().memory_format(kChannelsLast));
  const auto table = depthwiseTable(s, weight);
  const int64_t groups = (s.outHeight + kDepthwiseRows - 1) / kDepthwiseRows;
  const int64_t grain = std::max<int64_t>(1, kGrain * groups / multiplyAdds(s));
  const int64_t workspace = depthwise()->workspace(s);
  forType(
      *depthwise(), x.scalar_type(), [&]<typename T>(const DepthwiseFunctions<T>& functions, T) {
        const T* from = elements<T>(x);
        T* to = mutableElements<T>(y);
        at::parallel_for(0, images * groups, grain, [&](int64_t begin, int64_t end) {
          const at::DataPtr memory = floats(workspace);
          while (begin < end) {
            const int64_t image = begin / groups;
            const int64_t first = begin % groups;
            const int64_t last = std::min(groups, first + end - begin);
            functions.forward(s, table.data(), from + image * s.height * s.width * s.channels,
                              to + image * s.outHeight * s.outWidth * s.channels,
                              first * kDepthwiseRows, std::min(last * kDepthwiseRows, s.outHeight),
                              static_cast<float*>(memory.get()));
            begin += last - first;
          }
        });
      });
  return y;
}

// dx and the weight's gradient, each where it is wanted; image by image, so that what the second
// reads the first has just brought into the cache.
std::pair<Tensor, Tensor> backward(const DepthwiseShape& s, const Tensor& dy, const Tensor& x,
                                   const Tensor& weight, int64_t images, bool wantsInput,
                                   bool wantsWeight) {
  Tensor dx;
  std::vector<float> table;
  if (wantsInput) {
    dx = at::empty({images, s.channels, s.height, s.width},
                   dy.options().memory_format(kChannelsLast));
    table = depthwiseDataTable(s, weight);
  }
  const int64_t parts = std::min(images, kMostSums);
  const int64_t partSize = s.kernel * s.kernel * depthwiseTableStride(s.channels);
  std::vector<float> sums(wantsWeight ? static_cast<size_t>(parts * partSize) : 0);
  const int64_t grain = std::max<int64_t>(1, kGrain * parts / (images * multiplyAdds(s)));
  const int64_t workspace = depthwise()->workspace(s);
  const int64_t inSize = s.height * s.width * s.channels;
  const int64_t outSize = s.outHeight * s.outWidth * s.channels;
  forType(*depthwise(), dy.scalar_type(),
          [&]<typename T>(const DepthwiseFunctions<T>& functions, T) {
            const T* fromDy = elements<T>(dy);
            const T* fromX = x.defined() ? elements<T>(x) : nullptr;
            T* toDx = wantsInput ? mutableElements<T>(dx) : nullptr;
            at::parallel_for(0, parts, grain, [&](int64_t begin, int64_t end) {
              const at::DataPtr memory = floats(workspace);
              float* const work = static_cast<float*>(memory.get());
              for (int64_t part = begin; part < end; ++part) {
                for (int64_t i = images * part / parts; i < images * (part + 1) / parts; ++i) {
                  const T* imageX = fromX == nullptr ? nullptr : fromX + i * inSize;
                  if (wantsInput) {
                    functions.dataGradient(s, table.data(), fromDy + i * outSize, imageX,
                                           toDx + i * inSize, work);
                  }
                  if (wantsWeight) {
                    functions.weightGradient(s, fromDy + i * outSize, imageX,
                                             sums.data() + part * partSize, work);
                  }
                }
              }
            });
          });
  Tensor dWeight;
  if (wantsWeight) dWeight = depthwiseWeightGradient(s, sums, parts).to(weight.scalar_type());
  return {dx, dWeight};
}

// The same gradients as differentiable operators, for gradients of gradients.
variable_list differentiableBackward(const Tensor& dy, const Tensor& x, const Tensor& weight,
                                     int64_t stride, at::IntArrayRef padding, bool inputRelu) {
  const Tensor used = inputRelu ? x.relu() : x;
  auto [dUsed, dWeight, dBias] = at::convolution_backward(
      dy, used, weight.to(x.scalar_type()), at::OptionalIntArrayRef(), {stride, stride}, padding,
      {1, 1}, false, {0, 0}, x.size(1), {true, true, false});
  const Tensor dx = inputRelu ? at::threshold_backward(dUsed, used, 0) : dUsed;
  return {dx, dWeight.to(weight.scalar_type())};
}

struct Depthwise : torch::autograd::Function<Depthwise> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x, const Tensor& weight, int64_t stride,
                        at::IntArrayRef padding, bool inputRelu) {
    RECORD_FUNCTION("enas::depthwise", {});
    ctx->save_for_backward({x, weight});
    ctx->saved_data["stride"] = stride;
    ctx->saved_data["padding"] = padding.vec();
    ctx->saved_data["inputRelu"] = inputRelu;
    return kernels::forward(depthwiseShape(x, weight, stride, padding, inputRelu), x, weight);
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& gradients) {
    RECORD_FUNCTION("enas::depthwise_backward", {});
    const variable_list saved = ctx->get_saved_variables();
    const Tensor& x = saved[0];
    const Tensor& weight = saved[1];
    const int64_t stride = ctx->saved_data["stride"].toInt();
    const std::vector<int64_t> padding = ctx->saved_data["padding"].toIntVector();
    const bool inputRelu = ctx->saved_data["inputRelu"].toBool();
    variable_list result;
    if (at::GradMode::is_enabled() || depthwise() == nullptr) {
      result = differentiableBackward(gradients[0], x, weight, stride, padding, inputRelu);
    } else {
      auto [dx, dWeight] =
          kernels::backward(depthwiseShape(x, weight, stride, padding, inputRelu),
                            gradients[0].contiguous(kChannelsLast), x, weight, x.size(0),
                            ctx->needs_input_grad(0), ctx->needs_input_grad(1));
      result = {dx, dWeight};
    }
    result.resize(5);
    return result;
  }
};

bool same(at::IntArrayRef values, int64_t value) {
  return std::all_of(values.begin(), values.end(), [&](int64_t each) { return each == value; });
}

}  // namespace

bool fitsDepthwise(const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias,
                   at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef dilation,
                   int64_t groups) {
  if (depthwise() == nullptr || (bias && bias->defined())) return false;
  if (x.dim() != 4 || weight.dim() != 4 || groups != x.size(1) || weight.size(0) != groups ||
      weight.size(1) != 1) {
    return false;
  }
  if (!isPlain(x) || !isPlain(weight) || !isFloatOrBf16(x) ||
      !hasWeightDtype(weight, x.scalar_type())) {
    return false;
  }
  const int64_t kernel = weight.size(2);
  if ((kernel != 3 && kernel != 5 && kernel != 7) || weight.size(3) != kernel) return false;
  if (stride.size() != 2 || padding.size() != 2 || !same(dilation, 1)) return false;
  if (stride[0] != stride[1] || (stride[0] != 1 && stride[0] != 2)) return false;
  if (padding[0] < 0 || padding[1] < 0 || x.numel() == 0) return false;
  if (x.size(2) + 2 * padding[0] < kernel || x.size(3) + 2 * padding[1] < kernel) return false;
  // The way to channels-last and back is worth it for the backward pass only.
  const bool recorded = at::GradMode::is_enabled() && (x.requires_grad() || weight.requires_grad());
  return recorded || x.is_contiguous(kChannelsLast);
}

Tensor depthwiseConv2d(const Tensor& x, const Tensor& weight, at::IntArrayRef stride,
                       at::IntArrayRef padding, bool inputRelu) {
  const auto format = x.suggest_memory_format();
  return Depthwise::apply(x.contiguous(kChannelsLast), weight, stride[0], padding, inputRelu)
      .contiguous(format);
}

}  // namespace kernels
