#include "kernels/separable.h"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>

#include "kernels/depthwise.h"
#include "kernels/depthwise_tables.h"
#include "kernels/elements.h"
#include "kernels/plain.h"
#include "kernels/pointwise_rows.h"

namespace kernels {
namespace {

using at::Tensor;

constexpr auto kChannelsLast = at::MemoryFormat::ChannelsLast;
// Multiply-adds that are worth a thread.
constexpr int64_t kGrain = 1 << 18;
// Of a block's depthwise result: large, since each block reads the rows around it anew, but well
// within a core's second cache.
constexpr int64_t kBlockBytes = 1 << 17;

bool isRecorded(const Tensor& x, const SeparableConv& conv) {
  const auto& bias = conv.options.bias;
  return at::GradMode::is_enabled() &&
         (x.requires_grad() || conv.depthwise.requires_grad() || conv.pointwise.requires_grad() ||
          (bias && bias->requires_grad()));
}

int64_t blockRows(const DepthwiseShape& s, int64_t elementSize) {
  const int64_t rows = kBlockBytes / (s.outWidth * s.channels * elementSize);
  const int64_t most = (s.outHeight + kDepthwiseRows - 1) / kDepthwiseRows;
  return std::clamp<int64_t>(rows / kDepthwiseRows, 1, most) * kDepthwiseRows;
}

}  // namespace

bool fitsSeparable(const Tensor& x, const SeparableConv& conv) {
  if (isRecorded(x, conv)) return false;
  if (!fitsDepthwise(x, conv.depthwise, std::nullopt, conv.stride, conv.padding, {1, 1},
                     conv.depthwise.size(0))) {
    return false;
  }
  const Tensor& w = conv.pointwise;
  const auto& bias = conv.options.bias;
  return pointwiseHasKernel(x.scalar_type()) && x.is_contiguous(kChannelsLast) && isPlain(w) &&
         w.dim() == 4 && w.numel() > 0 && w.size(1) == x.size(1) && w.size(2) == 1 &&
         w.size(3) == 1 && hasWeightDtype(w, x.scalar_type()) &&
         (!bias || (isPlain(*bias) && bias->dim() == 1 && bias->size(0) == w.size(0)));
}

Tensor separableConv2d(const Tensor& x, const SeparableConv& conv) {
  const DepthwiseShape s =
      depthwiseShape(x, conv.depthwise, conv.stride[0], conv.padding, conv.options.inputRelu);
  PointwiseOptions options = conv.options;
  options.inputRelu = false;
  const auto table = depthwiseTable(s, conv.depthwise);
  const PointwiseLayer layer(x.scalar_type(), conv.pointwise, options);
  const int64_t images = x.size(0);
  const int64_t out = conv.pointwise.size(0);
  Tensor y =
      at::empty({images, out, s.outHeight, s.outWidth}, x.options().memory_format(kChannelsLast));
  const int64_t rows = blockRows(s, x.element_size());
  const int64_t blocks = (s.outHeight + rows - 1) / rows;
  const int64_t pitch = s.outWidth * s.channels;
  const int64_t grain = std::max<int64_t>(1, kGrain / (rows * pitch * (s.kernel * s.kernel + out)));
  forType(*depthwise(), x.scalar_type(),
          [&]<typename T>(const DepthwiseFunctions<T>& functions, T) {
            const T* from = elements<T>(x);
            T* to = mutableElements<T>(y);
            at::parallel_for(0, images * blocks, grain, [&](int64_t begin, int64_t end) {
              const int64_t size = static_cast<int64_t>(sizeof(T));
              const Scratch workspace =
                  zeroedScratch(depthwise()->workspace(s) * static_cast<int64_t>(sizeof(float)));
              const Scratch middle = zeroedScratch(rows * pitch * size);
              const std::vector<PointwiseSource> source{
                  {middle.get(), s.channels, nullptr, nullptr, nullptr}};
              const Pointwise of = layer.of(source);
              const Scratch scratch = layer.scratch(of);
              for (int64_t i = begin; i < end; ++i) {
                const int64_t image = i / blocks;
                const int64_t first = i % blocks * rows;
                const int64_t last = std::min(first + rows, s.outHeight);
                // Row `first` of the depthwise result is the scratch's first.
                functions.forward(s, table.data(), from + image * s.height * s.width * s.channels,
                                  static_cast<T*>(middle.get()) - first * pitch, first, last,
                                  static_cast<float*>(workspace.get()));
                layer.forward(of, to + (image * s.outHeight + first) * s.outWidth * out, 0,
                              (last - first) * s.outWidth, scratch.get());
              }
            });
          });
  return y;
}

}  // namespace kernels
