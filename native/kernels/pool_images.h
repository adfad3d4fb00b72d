#pragma once

#include <ATen/ATen.h>

#include <optional>
#include <vector>

#include "kernels/simd/pool.h"

namespace kernels {

// What a pool is told of its windows, as ATen's operators are.
struct PoolWindow {
  at::IntArrayRef kernel, stride, padding;
  bool ceilMode;
};

// The shape of the pool of each of x's images, or none where the kernels do not do it or ATen has
// an error to report.
std::optional<PoolShape> poolShape(const at::Tensor& x, const PoolWindow& window);

// As a list of numbers, to be saved with a graph.
std::vector<int64_t> numbersOf(const PoolShape& shape);
PoolShape shapeOf(const std::vector<int64_t>& numbers);

at::Tensor emptyInput(const at::Tensor& like, const PoolShape& shape);
at::Tensor emptyOutput(const at::Tensor& like, const PoolShape& shape);

at::Tensor averagePool(const at::Tensor& x, const PoolShape& shape, bool countIncludePad);
at::Tensor averagePoolGradient(const at::Tensor& dy, const PoolShape& shape, bool countIncludePad);

// offsets, uint8 [N, H', W', C], are filled in if defined.
at::Tensor maximumPool(const at::Tensor& x, const PoolShape& shape, at::Tensor& offsets);
at::Tensor maximumPoolGradient(const at::Tensor& dy, const at::Tensor& offsets,
                               const PoolShape& shape);

}  // namespace kernels
