#include "kernels/transpose.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>

#include "kernels/elements.h"
#include "kernels/simd/transpose.h"

namespace kernels {
namespace {

using at::Tensor;

template <typename From, typename To>
Tensor by(Transpose<From, To> transpose, const Tensor& x, at::ScalarType dtype, float scale) {
  const int64_t rows = x.size(0);
  Tensor result = at::empty({x.size(1), rows}, x.options().dtype(dtype));
  const int64_t panels = (rows + kTransposedRows - 1) / kTransposedRows;
  at::parallel_for(0, panels, 8, [&](int64_t begin, int64_t end) {
    transpose(elements<From>(x), rows, x.size(1), scale, begin * kTransposedRows,
              std::min(rows, end * kTransposedRows), mutableElements<To>(result));
  });
  return result;
}

}  // namespace

Tensor transposed(const Tensor& x, at::ScalarType dtype, float scale) {
  const Transposes* table = x.is_contiguous() ? transposes() : nullptr;
  const bool narrow = x.scalar_type() == at::kBFloat16;
  if (table && narrow && dtype == at::kBFloat16) return by(table->bf16, x, dtype, scale);
  if (table && narrow && dtype == at::kFloat) return by(table->widening, x, dtype, scale);
  if (table && x.scalar_type() == at::kFloat && dtype == at::kBFloat16) {
    return by(table->narrowing, x, dtype, scale);
  }
  return x.t().mul(scale).to(dtype).contiguous();
}

}  // namespace kernels
