#include "kernels/conv_rows.h"

#include <ATen/Parallel.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "kernels/elements.h"
#include "kernels/plain.h"
#include "kernels/scratch.h"
#include "kernels/simd/conv_rows.h"

namespace kernels {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
using Sizes = std::vector<int64_t>;

// Tables of narrower instruction sets are empty.
const ConvRowsTable& tiles() { return still(simd() == Simd::amx ? convRowsTiles() : nullptr); }

ConvRows shapeOf(const Tensor& x, const Tensor& weight, at::IntArrayRef padding, bool relu) {
  return {x.size(2),  x.size(3),  x.size(1), weight.size(0), weight.size(2), weight.size(3),
          padding[0], padding[1], relu};
}

// The convolution of images by a weight [out, in, height, width], where mask is above zero.
Tensor convolved(const ConvRows& of, const Tensor& x, const Tensor& weight, const Tensor* mask) {
  const ConvRowsTable& table = tiles();
  const int64_t channels = table.steps(of.channels, of.kernelWidth).channels;
  const Tensor matrix = at::zeros({of.kernelHeight, of.kernelWidth, channels, of.out}, at::kFloat);
  matrix.narrow(2, 0, of.channels).copy_(weight.permute({2, 3, 1, 0}));
  const Scratch packed = zeroedScratch(table.packedBytes(of));
  table.pack(of, matrix.const_data_ptr<float>(), packed.get());
  Tensor y = at::empty({x.size(0), of.out, of.outHeight(), of.outWidth()}, x.options(),
                       at::MemoryFormat::ChannelsLast);
  Bf16* const to = mutableElements<Bf16>(y);
  const int64_t step = y[0].numel();
  at::parallel_for(0, x.size(0), 1, [&](int64_t begin, int64_t end) {
    const Scratch scratch = zeroedScratch(table.forwardScratchBytes(of));
    for (int64_t i = begin; i < end; ++i) {
      table.forward(of, elements<Bf16>(x) + i * of.height * of.width * of.channels, packed.get(),
                    mask ? elements<Bf16>(*mask) + i * step : nullptr, to + i * step,
                    scratch.get());
    }
  });
  return y;
}

Tensor weightGradient(const ConvRows& of, const Tensor& x, const Tensor& dy, const Tensor& weight) {
  const ConvRowsTable& table = tiles();
  const int64_t images = x.size(0);
  // Parts of the sum over images; as many for any number of threads. Each part is a matrix to be
  // added up, which for few pixels took longer than its products.
  constexpr int64_t kPixelsOfPart = 8192;
  const int64_t pixels = images * of.outHeight() * of.outWidth();
  const int64_t parts = std::min(images, std::clamp<int64_t>(pixels / kPixelsOfPart, 2, 16));
  Tensor sums = at::zeros(
      {parts, of.kernelHeight, of.kernelWidth, padded(of.out), padded(of.channels)}, at::kFloat);
  float* const to = sums.mutable_data_ptr<float>();
  at::parallel_for(0, parts, 1, [&](int64_t begin, int64_t end) {
    const Scratch scratch = zeroedScratch(table.weightScratchBytes(of));
    for (int64_t part = begin; part < end; ++part) {
      for (int64_t i = part * images / parts; i < (part + 1) * images / parts; ++i) {
        table.weightGradient(of, elements<Bf16>(x) + i * of.height * of.width * of.channels,
                             elements<Bf16>(dy) + i * of.outHeight() * of.outWidth() * of.out,
                             to + part * sums[0].numel(), scratch.get());
      }
    }
  });
  return at::sum(sums, 0)
      .narrow(2, 0, of.out)
      .narrow(3, 0, of.channels)
      .permute({2, 3, 0, 1})
      .to(weight.scalar_type())
      .contiguous();
}

struct ConvRowsFunction : torch::autograd::Function<ConvRowsFunction> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weight,
                        const Sizes& padding, bool relu) {
    RECORD_FUNCTION("enas::conv_rows", {});
    context->save_for_backward({x, weight});
    context->saved_data["padding"] = padding;
    context->saved_data["relu"] = relu;
    return convolved(shapeOf(x, weight, padding, relu), x, weight, nullptr);
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    RECORD_FUNCTION("enas::conv_rows_backward", {});
    const variable_list saved = context->get_saved_variables();
    const Tensor& x = saved[0];
    const Tensor& weight = saved[1];
    const Sizes padding = context->saved_data["padding"].toIntVector();
    const bool relu = context->saved_data["relu"].toBool();
    Tensor dx;
    Tensor dWeight;
    if (at::GradMode::is_enabled()) {
      // For gradients of gradients.
      const auto both = at::convolution_backward(
          gradients[0], relu ? at::relu(x) : x, weight.to(x.scalar_type()), std::nullopt, {1, 1},
          padding, {1, 1}, false, {0, 0}, 1, {true, true, false});
      dx = relu ? at::threshold_backward(std::get<0>(both), x, 0) : std::get<0>(both);
      dWeight = std::get<1>(both).to(weight.scalar_type());
    } else {
      const ConvRows of = shapeOf(x, weight, padding, relu);
      const Tensor dy = gradients[0].to(x.scalar_type()).contiguous(at::MemoryFormat::ChannelsLast);
      if (context->needs_input_grad(0)) {
        const ConvRows back{of.outHeight(),
                            of.outWidth(),
                            of.out,
                            of.channels,
                            of.kernelHeight,
                            of.kernelWidth,
                            of.kernelHeight - 1 - of.paddingHeight,
                            of.kernelWidth - 1 - of.paddingWidth,
                            false};
        dx = convolved(back, dy, weight.flip({2, 3}).transpose(0, 1), relu ? &x : nullptr);
      }
      if (context->needs_input_grad(1)) dWeight = weightGradient(of, x, dy, weight);
    }
    return {dx, dWeight, Tensor(), Tensor()};
  }
};

bool isImages(const Tensor& x) { return isPlain(x) && x.dim() == 4 && x.numel() > 0; }

}  // namespace

bool fitsConvRows(const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias,
                  const Sizes& stride, const Sizes& padding, const Sizes& dilation,
                  int64_t groups) {
  const auto ones = [](const Sizes& sizes) { return sizes == Sizes{1, 1}; };
  if (simd() != Simd::amx || bias || groups != 1 || !ones(stride) || !ones(dilation) ||
      padding.size() != 2 || !isImages(x) || !isImages(weight)) {
    return false;
  }
  // More pixels than this and an image leaves the nearer caches; more channels, and there is no
  // overhead to save.
  constexpr int64_t kMostNumbers = 1 << 18;
  constexpr int64_t kMostChannels = 128;
  for (int64_t i = 0; i < 2; ++i) {
    const int64_t kernel = weight.size(2 + i);
    if (kernel < 2 || kernel > 7 || padding[i] < 0 || padding[i] >= kernel ||
        x.size(2 + i) + 2 * padding[i] < kernel) {
      return false;
    }
  }
  return x.scalar_type() == at::kBFloat16 && x.is_contiguous(at::MemoryFormat::ChannelsLast) &&
         hasWeightDtype(weight, at::kBFloat16) && weight.size(1) == x.size(1) &&
         std::max(x.size(1), weight.size(0)) <= kMostChannels && x[0].numel() <= kMostNumbers;
}

Tensor convRows(const Tensor& x, const Tensor& weight, const Sizes& padding, bool inputRelu) {
  if (at::GradMode::is_enabled() && (x.requires_grad() || weight.requires_grad())) {
    return ConvRowsFunction::apply(x, weight, padding, inputRelu);
  }
  return convolved(shapeOf(x, weight, padding, inputRelu), x, weight, nullptr);
}

}  // namespace kernels
