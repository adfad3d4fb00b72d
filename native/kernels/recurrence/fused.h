#pragma once

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <type_traits>

#include "kernels/recurrence/engine.h"
#include "kernels/recurrence/panels.h"
#include "kernels/recurrence/plan.h"

// What the forward and the backward half of the fused engine share.
namespace kernels::recurrence::fused {

template <typename T>
const RecurrenceTable<T>& kernelsFor() {
  if constexpr (std::is_same_v<T, float>) {
    return recurrenceKernels()->fp32;
  } else {
    return recurrenceKernels()->bf16;
  }
}

template <typename T>
T* data(const Tensor& tensor) {
  return tensor.defined() ? static_cast<T*>(tensor.mutable_data_ptr()) : nullptr;
}

// The columns that are a member's own: element by element it alone reads and writes them, so that
// members wait for each other only where a product reads all columns.
struct Columns {
  int64_t begin;
  int64_t end;
  int64_t size() const { return std::max<int64_t>(0, end - begin); }
};

inline Columns own(int64_t features, const Member& member) {
  const int64_t panels = (features + kPanel - 1) / kPanel;
  const auto edge = [&](int64_t index) {
    return std::min(features, panels * index / member.count * kPanel);
  };
  return {edge(member.index), edge(member.index + 1)};
}

// Values [N, features] of the present time step, in rows padded with zeros. There are two, for even
// and odd steps: a thread may still read those of the last one.
template <typename T>
class Rows {
 public:
  Rows() = default;
  Rows(int64_t examples, int64_t features)
      : stride_(padded(features)),
        size_(examples * stride_),
        storage_(at::zeros({2 * size_ * static_cast<int64_t>(sizeof(T))}, at::kByte)) {}
  T* at(int64_t step) const { return data<T>(storage_) + step % 2 * size_; }
  int64_t stride() const { return stride_; }

 private:
  int64_t stride_ = 0;
  int64_t size_ = 0;
  Tensor storage_;
};

// The part of a buffer [T·N, F] that is a time step's; null of an undefined one.
template <typename T>
T* stepOf(const Tensor& buffer, int64_t step, const Program& program) {
  return buffer.defined() ? data<T>(buffer) + step * program.examples * buffer.size(1) : nullptr;
}

inline int64_t strideOf(const Tensor& buffer) { return buffer.defined() ? buffer.size(1) : 0; }

// A mask of all time steps or of this one.
template <typename T>
const T* maskOf(const Tensor& mask, int64_t step, const Program& program) {
  return data<T>(mask) +
         (mask.size(0) == program.examples ? 0 : step * program.examples * mask.size(1));
}

inline Tensors partsOf(const Op& linear, const Operands& operands) {
  Tensors parts;
  for (const int64_t param : linear.params) parts.push_back(operands.params[param]);
  return parts;
}

// As many as have columns of their own; one where a time step is less work than a meeting.
inline int64_t threadsFor(const Program& program, const Plan& plan) {
  int64_t widest = 1;
  int64_t multiplyAdds = 0;
  for (const Unit& unit : plan.units) {
    const int64_t out = program.features[program.ops[unit.op].output];
    widest = std::max(widest, (out + kPanel - 1) / kPanel);
    for (const Product& product : unit.products) {
      multiplyAdds += program.examples * out * 2 * program.features[product.input];
    }
  }
  if (multiplyAdds < 1 << 17) return 1;
  return std::min<int64_t>(at::get_num_threads(), widest);
}

}  // namespace kernels::recurrence::fused
