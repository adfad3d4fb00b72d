#include <algorithm>
#include <array>
#include <cstdint>

#include "kernels/batch_norm.h"
#include "kernels/conv_rows.h"
#include "kernels/cross_entropy.h"
#include "kernels/depthwise.h"
#include "kernels/embedding.h"
#include "kernels/fan_out.h"
#include "kernels/highway.h"
#include "kernels/linear.h"
#include "kernels/linear_cross_entropy.h"
#include "kernels/lstm.h"
#include "kernels/pointwise.h"
#include "kernels/pool.h"
#include "kernels/separable.h"
#include "kernels/subsample.h"
#include "ops/register.h"

namespace ops {
namespace {

using at::Tensor;
using MaybeTensor = std::optional<Tensor>;
using Sizes = std::vector<int64_t>;

bool all(const Sizes& sizes, int64_t value) {
  return std::all_of(sizes.begin(), sizes.end(), [=](int64_t size) { return size == value; });
}

bool isTwo(const Sizes& sizes) { return sizes.size() == 2; }

// Turns a convolution into the same one with a stride and padding that oneDNN survives. It read
// outside of the input where a window lay wholly in the padding: x is padded by what the kernel
// does not reach across. And it divided by zero at a stride of 2^31 - 1: all that lead past the
// input are alike.
void bringWithin(Tensor& x, const Tensor& weight, Sizes& stride, Sizes& padding,
                 const Sizes& dilation) {
  constexpr int64_t kMost = INT32_MAX;
  if (x.dim() != 4 || weight.dim() != 4 || !isTwo(stride) || !isTwo(padding) || !isTwo(dilation)) {
    return;
  }
  std::array<int64_t, 2> excess{};
  for (size_t i = 0; i < 2; ++i) {
    const auto dim = static_cast<int64_t>(i) + 2;
    const int64_t kernel = weight.size(dim);
    if (kernel < 1 || kernel > kMost || padding[i] > kMost || dilation[i] < 1 ||
        dilation[i] > kMost) {
      return;
    }
    const int64_t reach = dilation[i] * (kernel - 1);
    const int64_t places = x.size(dim) + 2 * padding[i] - reach;
    stride[i] = std::min(stride[i], std::max<int64_t>(1, places));
    excess[i] = std::max<int64_t>(0, padding[i] - reach);
  }
  if (excess[0] == 0 && excess[1] == 0) return;
  x = at::constant_pad_nd(x, {excess[1], excess[1], excess[0], excess[0]});
  for (size_t i = 0; i < 2; ++i) padding[i] -= excess[i];
}

// relu?(conv(inputRelu?(x)) + bias?), by the first kernel that fits.
Tensor convolve(Tensor x, const Tensor& weight, const MaybeTensor& bias, Sizes stride,
                Sizes padding, const Sizes& dilation, int64_t groups, bool inputRelu, bool relu) {
  bringWithin(x, weight, stride, padding, dilation);
  const auto finished = [=](Tensor y) { return relu ? at::relu(y) : y; };
  if (kernels::fitsDepthwise(x, weight, bias, stride, padding, dilation, groups)) {
    return finished(kernels::depthwiseConv2d(x, weight, stride, padding, inputRelu));
  }
  if (groups == 1 && all(stride, 1) && all(padding, 0) && kernels::pointwiseFits(x, weight)) {
    return kernels::pointwise(x, weight, {inputRelu, bias, relu});
  }
  if (kernels::fitsConvRows(x, weight, bias, stride, padding, dilation, groups)) {
    return finished(kernels::convRows(x, weight, padding, inputRelu));
  }
  const auto alike = [&](const Tensor& of) {
    const bool mixed = x.scalar_type() == at::kBFloat16 && of.scalar_type() == at::kFloat;
    return mixed ? of.to(at::kBFloat16) : of;
  };
  return finished(at::conv2d(inputRelu ? at::relu(x) : x, alike(weight),
                             bias ? MaybeTensor(alike(*bias)) : bias, stride, padding, dilation,
                             groups));
}

// relu?(conv1×1(depthwise(inputRelu?(x))) + bias?), in one pass where a kernel fits.
Tensor separable(const Tensor& x, const Tensor& depthwise, const Tensor& pointwise,
                 const MaybeTensor& bias, const Sizes& stride, const Sizes& padding, bool inputRelu,
                 bool relu) {
  TORCH_CHECK(x.dim() == 4 && depthwise.dim() == 4 && pointwise.dim() == 4,
              "expected an input [N, C, H, W] and weights [C, 1, k, k] and [out, C, 1, 1], got ",
              x.sizes(), ", ", depthwise.sizes(), " and ", pointwise.sizes());
  const kernels::SeparableConv conv{depthwise, pointwise, stride, padding, {inputRelu, bias, relu}};
  if (kernels::fitsSeparable(x, conv)) return kernels::separableConv2d(x, conv);
  const Tensor middle = convolve(x, depthwise, std::nullopt, stride, padding, {1, 1},
                                 depthwise.size(0), inputRelu, false);
  return convolve(middle, pointwise, bias, {1, 1}, {0, 0}, {1, 1}, 1, false, relu);
}

void registerConvolution(binding::Exports& e) {
  e.op<[](const Tensor& x, const Tensor& weight, const MaybeTensor& bias, const Sizes& stride,
          const Sizes& padding, const Sizes& dilation, int64_t groups, bool inputRelu, bool relu) {
    return convolve(x, weight, bias, stride, padding, dilation, groups, inputRelu, relu);
  }>("conv2d(input, weight, bias, stride, padding, dilation, groups, inputRelu, relu)");
  e.op<[](const std::vector<Tensor>& inputs, const std::vector<Tensor>& weights, bool inputRelu,
          const MaybeTensor& bias, bool relu) {
    return kernels::pointwise(inputs, weights, {inputRelu, bias, relu});
  }>("pointwise(inputs, weights, inputRelu, bias, relu)");
  e.op<[](const Tensor& x, const std::vector<Tensor>& weights) {
    return kernels::fanOut(x, weights);
  }>("fanOut(input, weights)");
  e.op<[](const Tensor& x, const Tensor& depthwise, const Tensor& pointwise,
          const MaybeTensor& bias, const Sizes& stride, const Sizes& padding, bool inputRelu,
          bool relu) {
    return separable(x, depthwise, pointwise, bias, stride, padding, inputRelu, relu);
  }>("separableConv2d(input, depthwise, pointwise, bias, stride, padding, inputRelu, relu)");
  e.op<[](const Tensor& x) { return kernels::subsamplePair(x); }>("subsamplePair(input)");
  e.op<[](const Tensor& x, const Tensor& weight, const MaybeTensor& bias) {
    return kernels::linear(x, weight, bias);
  }>("linear(input, weight, bias)");
  e.op<[](const Tensor& x, const Sizes& kernel, const Sizes& stride, const Sizes& padding,
          bool ceil, bool countIncludePad) {
    return kernels::avgPool2d(x, kernel, stride, padding, ceil, countIncludePad);
  }>("avgPool2d(input, kernelSize, stride, padding, ceilMode, countIncludePad)");
  e.op<[](const Tensor& x, const Sizes& kernel, const Sizes& stride, const Sizes& padding,
          const Sizes& dilation, bool ceil) {
    return kernels::maxPool2d(x, kernel, stride, padding, dilation, ceil);
  }>("maxPool2d(input, kernelSize, stride, padding, dilation, ceilMode)");
  e.op<[](const Tensor& x) { return kernels::globalAvgPool(x); }>("globalAvgPool(input)");
  e.op<[](const Tensor& x, const Sizes& size) { return at::adaptive_avg_pool2d(x, size); }>(
      "adaptiveAvgPool2d(input, outputSize)");
  e.op<[](const Tensor& x, const Sizes& padding, const std::string& mode, double value) {
    return at::pad(x, padding, mode, value);
  }>("pad(input, padding, mode, value)");
}

void registerNormalisation(binding::Exports& e) {
  e.op<[](const Tensor& x, const MaybeTensor& weight, const MaybeTensor& bias,
          const MaybeTensor& mean, const MaybeTensor& variance, bool training, double momentum,
          double eps, const MaybeTensor& add, bool relu) {
    return kernels::batchNorm(x, weight, bias, mean, variance, add,
                              {training, momentum, eps, relu});
  }>("batchNorm(input, weight, bias, runningMean, runningVar, training, momentum, eps, add, relu)");
}

void registerLoss(binding::Exports& e) {
  e.op<[](const Tensor& x, int64_t dim) { return at::softmax(x, dim); }>("softmax(input, dim)");
  e.op<[](const Tensor& x, int64_t dim) { return at::log_softmax(x, dim); }>(
      "logSoftmax(input, dim)");
  e.op<[](const Tensor& logits, const Tensor& target, const MaybeTensor& weight, int64_t reduction,
          int64_t ignoreIndex, double labelSmoothing) {
    return kernels::crossEntropy(logits, target, weight, reduction, ignoreIndex, labelSmoothing);
  }>("crossEntropy(input, target, weight, reduction, ignoreIndex, labelSmoothing)");
  e.op<[](const Tensor& x, const Tensor& weight, const Tensor& target, bool mean,
          int64_t ignoreIndex) {
    return kernels::linearCrossEntropy(x, weight, target, mean, ignoreIndex);
  }>("linearCrossEntropy(input, weight, target, mean, ignoreIndex)");
  e.op<[](const Tensor& logProbs, const Tensor& target, const MaybeTensor& weight,
          int64_t reduction, int64_t ignoreIndex) {
    return at::nll_loss(logProbs, target, weight, reduction, ignoreIndex);
  }>("nllLoss(input, target, weight, reduction, ignoreIndex)");
}

void registerRecurrent(binding::Exports& e) {
  e.op<[](const Tensor& weight, const Tensor& indices) {
    return kernels::embedding(weight, indices);
  }>("embedding(weight, indices)");
  e.op<[](const Tensor& z, const MaybeTensor& carry, int64_t activation) {
    return kernels::highway(z, carry, activation);
  }>("highway(input, carry, activation)");
  e.op<[](const Tensor& x, const Tensor& h, const Tensor& c, const Tensor& weightIh,
          const Tensor& weightHh, const MaybeTensor& biasIh, const MaybeTensor& biasHh) {
    return at::lstm_cell(x, {h, c}, weightIh, weightHh, biasIh.value_or(Tensor()),
                         biasHh.value_or(Tensor()));
  }>("lstmCell(input, h, c, weightIh, weightHh, biasIh, biasHh)");
  e.op<[](const Tensor& x, const Tensor& weightIh, const Tensor& weightHh,
          const MaybeTensor& feedback) { return kernels::lstm(x, weightIh, weightHh, feedback); }>(
      "lstm(input, weightIh, weightHh, feedback)");
}

}  // namespace

void registerNn(binding::Exports& e) {
  registerConvolution(e);
  registerNormalisation(e);
  registerLoss(e);
  registerRecurrent(e);
}

}  // namespace ops
