#pragma once

#include <ATen/ATen.h>

#include <vector>

namespace kernels {

// The passes of a batch norm over memory: x as a matrix, one row a pixel, one column a channel.

// Of each channel, over the batch.
struct BatchStatistics {
  std::vector<double> mean;
  // Divided by the number of rows.
  std::vector<double> variance;
};

BatchStatistics batchStatistics(const at::Tensor& x);

// [4, C] fp32, what (x − mean)·scale + shift needs and what its gradient does. What fp32 cannot
// hold of the mean is in the shift.
enum Coefficient : int64_t { kMean, kInvstd, kScale, kShift, kCoefficients };

void normalize(const at::Tensor& x, const at::Tensor& coefficients, const at::Tensor* add,
               bool relu, at::Tensor& y);

// Σ dy and Σ dy·(x − mean) of each channel.
struct GradientSums {
  std::vector<double> sum;
  std::vector<double> product;
};

// Where a relu came after it, dy counts only where that let through: either as computed again from
// x (recompute) or where y > 0, and then that dy is stored in masked.
GradientSums reduceGradient(const at::Tensor& x, const at::Tensor& coefficients,
                            const at::Tensor& dy, bool recompute, const at::Tensor* y,
                            at::Tensor* masked);

// dx = dy·scale + (x − mean)·slope + offset; slope and offset have C elements.
void applyGradient(const at::Tensor& x, const at::Tensor& coefficients,
                   const std::vector<float>& slope, const std::vector<float>& offset,
                   const at::Tensor& dy, bool recompute, at::Tensor& dx);

}  // namespace kernels
