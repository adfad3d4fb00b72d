#pragma once

#include <ATen/core/Tensor.h>

namespace kernels {

// Whether a kernel can read a tensor's numbers where they lie: on the CPU, strided, and with no
// conjugation or negation put off until they are read.
inline bool isPlain(const at::Tensor& x) {
  return x.device().is_cpu() && x.layout() == at::kStrided && !x.is_conj() && !x.is_neg();
}

inline bool isFloatOrBf16(const at::Tensor& x) {
  return x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16;
}

// Whether weights are in the dtype of what they are multiplied with, or in float.
inline bool hasWeightDtype(const at::Tensor& weight, at::ScalarType dtype) {
  return weight.scalar_type() == dtype || weight.scalar_type() == at::kFloat;
}

}  // namespace kernels
