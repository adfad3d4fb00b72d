#pragma once

#include <ATen/ATen.h>

namespace kernels {

// Whether matmul has a kernel for these that does better than ATen's product: bf16, or the one bf16
// and the other fp32, on a CPU with AMX; contiguous or views that transpose; large enough.
bool matmulFits(const at::Tensor& a, const at::Tensor& b);

// a [m, k] · b [k, n] of a dtype, without autograd. Where it fits, of numbers rounded to bf16, with
// fp32 sums that do not depend on the number of threads; else ATen's product in the dtype of a.
at::Tensor matmul(const at::Tensor& a, const at::Tensor& b, at::ScalarType dtype);

}  // namespace kernels
