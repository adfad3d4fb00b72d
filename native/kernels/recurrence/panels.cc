#include "kernels/recurrence/panels.h"

#include <ATen/ATen.h>
#include <ATen/native/CPUBlas.h>

#include <algorithm>
#include <type_traits>

namespace kernels::recurrence {
namespace {

template <typename T>
const RecurrenceTable<T>& table() {
  if constexpr (std::is_same_v<T, float>) {
    return recurrenceKernels()->fp32;
  } else {
    return recurrenceKernels()->bf16;
  }
}

template <typename From>
const From* rowOf(const Tensors& parts, int64_t row) {
  for (const Tensor& part : parts) {
    if (row < part.size(0)) {
      return static_cast<const From*>(part.const_data_ptr()) + row * part.size(1);
    }
    row -= part.size(0);
  }
  return nullptr;
}

int64_t rowsOf(const Tensors& parts) {
  int64_t rows = 0;
  for (const Tensor& part : parts) rows += part.size(0);
  return rows;
}

}  // namespace

template <typename T>
Panels<T>::Panels(const Tensors& parts, bool forward, int64_t begin, int64_t end)
    : parts_(parts),
      forward_(forward),
      begin_(begin),
      end_(end),
      depth_(forward ? parts[0].size(1) : rowsOf(parts)),
      // What the processor's tiles hold; a shorter rest costs more than the zeros.
      paddedDepth_(std::is_same_v<T, float> ? depth_ : padded(depth_)),
      count_((end - begin + kPanel - 1) / kPanel) {
  storage_ =
      at::empty({count_ * paddedDepth_ * kPanel * static_cast<int64_t>(sizeof(T))}, at::kByte);
}

template <typename T>
template <typename From>
void Panels<T>::packAs(int64_t panel) {
  T* to = static_cast<T*>(storage_.data_ptr()) + panel * paddedDepth_ * kPanel;
  const int64_t first = begin_ + panel * kPanel;
  const int64_t columns = std::min(kPanel, end_ - first);
  constexpr bool kOwn = std::is_same_v<From, T>;
  if (forward_) {
    const From* rows[kPanel] = {};
    for (int64_t j = 0; j < columns; ++j) rows[j] = rowOf<From>(parts_, first + j);
    if constexpr (kOwn) {
      table<T>().packOwnRows(rows, depth_, paddedDepth_, to);
    } else {
      table<T>().packRows(rows, depth_, paddedDepth_, to);
    }
    return;
  }
  for (int64_t k = 0; k < depth_; k += 2, to += 2 * kPanel) {
    const From* even = rowOf<From>(parts_, k) + first;
    const From* odd = k + 1 < depth_ ? rowOf<From>(parts_, k + 1) + first : nullptr;
    if constexpr (kOwn) {
      table<T>().packOwnPair(even, odd, columns, to);
    } else {
      table<T>().packPair(even, odd, columns, to);
    }
  }
  const int64_t packed = depth_ + depth_ % 2;
  if (paddedDepth_ > packed) std::fill_n(to, (paddedDepth_ - packed) * kPanel, T{});
}

template <typename T>
void Panels<T>::pack(const Member& member) {
  const bool own = parts_[0].scalar_type() != at::kFloat;
  for (int64_t panel = member.index; panel < count_; panel += member.count) {
    if (own) {
      packAs<T>(panel);
    } else {
      packAs<float>(panel);
    }
  }
}

template <typename T>
void Panels<T>::multiply(int64_t panel, const T* a, int64_t aStride, int64_t rows, bool add,
                         float* c, int64_t cStride) const {
  const int64_t left = end_ - begin_ - panel * kPanel;
  // A whole number of vectors: what is beyond the columns is zeros times something.
  const int64_t columns = std::min(kPanel, (left + 15) / 16 * 16);
  const T* b = static_cast<const T*>(storage_.const_data_ptr()) + panel * paddedDepth_ * kPanel;
  if constexpr (std::is_same_v<T, float>) {
    at::native::cpublas::brgemm(rows, columns, paddedDepth_, aStride, kPanel, cStride, add, a, b, c,
                                false);
  } else {
    at::native::cpublas::brgemm(rows, columns, paddedDepth_, aStride, kPanel, cStride, add,
                                reinterpret_cast<const at::BFloat16*>(a),
                                reinterpret_cast<const at::BFloat16*>(b), c, true);
  }
}

template class Panels<float>;
template class Panels<Bf16>;

}  // namespace kernels::recurrence
