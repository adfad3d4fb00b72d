#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>

#include "kernels/simd/isa.h"

namespace kernels {

// Calls body with those functions of a family that are for a dtype, float or bfloat16, and with a
// value of the type that the elements have in them.
template <typename Family, typename Body>
void forType(const Family& family, at::ScalarType dtype, Body body) {
  if (dtype == at::kFloat) return body(family.fp32, float{});
  return body(family.bf16, Bf16{});
}

// A family that a kernel was found to have, which it may have lost by the time of its backward.
template <typename Family>
const Family& still(const Family* family) {
  TORCH_CHECK(family != nullptr, "setSimd was called between a run and its backward");
  return *family;
}

template <typename T>
const T* elements(const at::Tensor& x) {
  return static_cast<const T*>(x.const_data_ptr());
}
// Null where there is no tensor.
template <typename T>
const T* elements(const at::Tensor* x) {
  return x == nullptr ? nullptr : elements<T>(*x);
}

template <typename T>
T* mutableElements(const at::Tensor& x) {
  return static_cast<T*>(x.mutable_data_ptr());
}

}  // namespace kernels
