#include "kernels/depthwise_tables.h"

namespace kernels {
namespace {

// The weights of one tap, the channels over and over.
void fillTap(float* to, const float* weight, int64_t channels, int64_t taps) {
  const int64_t stride = depthwiseTableStride(channels);
  const int64_t once = std::min(channels, stride);
  for (int64_t c = 0; c < once; ++c) to[c] = weight[c * taps];
  for (int64_t i = once; i < stride; ++i) to[i] = to[i - channels];
}

at::Tensor asFloats(const at::Tensor& weight) {
  return weight.detach().to(at::kFloat).contiguous();
}

int64_t outSize(int64_t in, int64_t padding, int64_t kernel, int64_t stride) {
  return (in + 2 * padding - kernel) / stride + 1;
}

}  // namespace

DepthwiseShape depthwiseShape(const at::Tensor& x, const at::Tensor& weight, int64_t stride,
                              at::IntArrayRef padding, bool inputRelu) {
  const int64_t kernel = weight.size(2);
  return {x.size(1),
          x.size(2),
          x.size(3),
          outSize(x.size(2), padding[0], kernel, stride),
          outSize(x.size(3), padding[1], kernel, stride),
          kernel,
          stride,
          padding[0],
          padding[1],
          inputRelu};
}

std::vector<float> depthwiseTable(const DepthwiseShape& s, const at::Tensor& weight) {
  const at::Tensor floats = asFloats(weight);
  const float* from = floats.const_data_ptr<float>();
  const int64_t taps = s.kernel * s.kernel;
  const int64_t stride = depthwiseTableStride(s.channels);
  std::vector<float> table(static_cast<size_t>(taps * stride));
  for (int64_t tap = 0; tap < taps; ++tap) {
    fillTap(table.data() + tap * stride, from + tap, s.channels, taps);
  }
  return table;
}

std::vector<float> depthwiseDataTable(const DepthwiseShape& s, const at::Tensor& weight) {
  const at::Tensor floats = asFloats(weight);
  const float* from = floats.const_data_ptr<float>();
  const int64_t taps = depthwiseDataTaps(s.kernel, s.stride);
  const int64_t stride = depthwiseTableStride(s.channels);
  std::vector<float> table(static_cast<size_t>(s.stride * s.stride * taps * taps * stride));
  float* to = table.data();
  for (int64_t firstRow = 0; firstRow < s.stride; ++firstRow) {
    for (int64_t firstColumn = 0; firstColumn < s.stride; ++firstColumn) {
      for (int64_t i = taps - 1; i >= 0; --i) {
        for (int64_t j = taps - 1; j >= 0; --j, to += stride) {
          const int64_t row = firstRow + i * s.stride;
          const int64_t column = firstColumn + j * s.stride;
          if (row >= s.kernel || column >= s.kernel) continue;  // zeros
          fillTap(to, from + row * s.kernel + column, s.channels, s.kernel * s.kernel);
        }
      }
    }
  }
  return table;
}

at::Tensor depthwiseWeightGradient(const DepthwiseShape& s, const std::vector<float>& sums,
                                   int64_t parts) {
  const int64_t taps = s.kernel * s.kernel;
  const int64_t stride = depthwiseTableStride(s.channels);
  std::vector<float> total(static_cast<size_t>(taps * stride));
  const float* from = sums.data();
  for (int64_t part = 0; part < parts; ++part) {
    for (float& each : total) each += *from++;
  }
  at::Tensor gradient = at::zeros({s.channels, 1, s.kernel, s.kernel}, at::kFloat);
  float* to = gradient.mutable_data_ptr<float>();
  for (int64_t tap = 0; tap < taps; ++tap) {
    for (int64_t i = 0; i < stride; ++i) {
      to[i % s.channels * taps + tap] += total[static_cast<size_t>(tap * stride + i)];
    }
  }
  return gradient;
}

}  // namespace kernels
