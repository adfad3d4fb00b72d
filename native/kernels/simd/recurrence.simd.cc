#include "kernels/simd/recurrence.h"

#include "kernels/simd/exponential.h"

namespace kernels::ENAS_ISA {
namespace {

constexpr std::int64_t kLanes = Floats::kLanes;

// Calls `body(column, Whole)` for each whole vector of columns, `body(column, n)` for the rest.
struct Whole {};

template <typename T>
inline Floats load(const T* from, Whole) {
  return Floats::load(from);
}
template <typename T>
inline Floats load(const T* from, std::int64_t n) {
  return Floats::load(from, n);
}
template <typename T>
inline void store(Floats x, T* to, Whole) {
  x.store(to);
}
template <typename T>
inline void store(Floats x, T* to, std::int64_t n) {
  x.store(to, n);
}

template <typename Body>
inline void overColumns(std::int64_t columns, const Body& body) {
  std::int64_t j = 0;
  for (; j + kLanes <= columns; j += kLanes) body(j, Whole{});
  if (j < columns) body(j, columns - j);
}

template <Highway activation>
inline Floats activated(Floats x) {
  if constexpr (activation == Highway::tanh) return tanh(x);
  if constexpr (activation == Highway::relu) return max(x, Floats::zero());
  if constexpr (activation == Highway::sigmoid) return sigmoid(x);
  return x;
}

// g·f′, from f.
template <Highway activation>
inline Floats throughActivation(Floats g, Floats f) {
  const Floats one = Floats::all(1.0f);
  if constexpr (activation == Highway::tanh) return g * (one - f * f);
  if constexpr (activation == Highway::relu) return whereAboveZero(f, g);
  if constexpr (activation == Highway::sigmoid) return g * f * (one - f);
  return g;
}

template <typename T, Highway activation>
void forwardOf(const HighwayForward<T>& a) {
  for (std::int64_t row = 0; row < a.rows; ++row) {
    overColumns(a.columns, [&](std::int64_t j, auto n) {
      Floats gate = Floats::zero();
      Floats candidate = Floats::zero();
      if (a.gate != nullptr) {
        gate = load(a.gate + row * a.zStride + j, n);
        candidate = load(a.candidate + row * a.zStride + j, n);
      }
      for (std::int64_t i = 0; i < a.addendCount; ++i) {
        const T* addend = a.addends[i] + row * a.addendStride + j;
        gate = gate + load(addend, n);
        candidate = candidate + load(addend + a.half, n);
      }
      const Floats c = sigmoid(gate);
      const Floats f = activated<activation>(candidate);
      if (a.activated != nullptr) {
        T* kept = a.activated + row * a.activatedStride + j;
        store(c, kept, n);
        store(f, kept + a.half, n);
      }
      Floats h = c * f;
      if (a.carry != nullptr) {
        const Floats carry = load(a.carry + row * a.carryStride + j, n);
        h = fma(c, f - carry, carry);
      }
      store(h, a.result + row * a.resultStride + j, n);
      if (a.kept != nullptr) store(h, a.kept + row * a.keptStride + j, n);
    });
  }
}

template <typename T, typename G, Highway activation>
void backwardOf(const HighwayBackward<T, G>& a) {
  const Floats one = Floats::all(1.0f);
  for (std::int64_t row = 0; row < a.rows; ++row) {
    overColumns(a.columns, [&](std::int64_t j, auto n) {
      const Floats g = load(a.gradient + row * a.gradientStride + j, n);
      const T* kept = a.activated + row * a.activatedStride + j;
      const Floats c = load(kept, n);
      const Floats f = load(kept + a.half, n);
      const Floats closed = one - c;
      Floats change = f;
      if (a.carry != nullptr) change = f - load(a.carry + row * a.carryStride + j, n);
      const Floats gate = g * change * c * closed;
      const Floats candidate = throughActivation<activation>(g * c, f);
      T* pre = a.pre + row * a.preStride + j;
      store(gate, pre, n);
      store(candidate, pre + a.half, n);
      if (a.keptPre != nullptr) {
        T* keptPre = a.keptPre + row * a.keptPreStride + j;
        store(gate, keptPre, n);
        store(candidate, keptPre + a.half, n);
      }
      if (a.carryGradient == nullptr) return;
      G* to = a.carryGradient + row * a.carryGradientStride + j;
      const Floats through = g * closed;
      store(a.first ? through : through + load(to, n), to, n);
    });
  }
}

template <typename T>
void highwayForward(const HighwayForward<T>& a) {
  switch (a.activation) {
    case Highway::tanh:
      return forwardOf<T, Highway::tanh>(a);
    case Highway::relu:
      return forwardOf<T, Highway::relu>(a);
    case Highway::identity:
      return forwardOf<T, Highway::identity>(a);
    case Highway::sigmoid:
      return forwardOf<T, Highway::sigmoid>(a);
  }
}

template <typename T, typename G>
void highwayBackward(const HighwayBackward<T, G>& a) {
  switch (a.activation) {
    case Highway::tanh:
      return backwardOf<T, G, Highway::tanh>(a);
    case Highway::relu:
      return backwardOf<T, G, Highway::relu>(a);
    case Highway::identity:
      return backwardOf<T, G, Highway::identity>(a);
    case Highway::sigmoid:
      return backwardOf<T, G, Highway::sigmoid>(a);
  }
}

template <typename T>
void combine(const Combination<T>& a) {
  const Floats scale = Floats::all(a.scale);
  for (std::int64_t row = 0; row < a.rows; ++row) {
    overColumns(a.columns, [&](std::int64_t j, auto n) {
      Floats sum = load(a.inputs[0] + row * a.strides[0] + j, n);
      for (std::int64_t i = 1; i < a.count; ++i) {
        sum = sum + load(a.inputs[i] + row * a.strides[i] + j, n);
      }
      sum = sum * scale;
      if (a.factor != nullptr) sum = sum * load(a.factor + row * a.factorStride + j, n);
      store(sum, a.result + row * a.resultStride + j, n);
      if (a.kept != nullptr) store(sum, a.kept + row * a.keptStride + j, n);
    });
  }
}

template <typename From, typename T>
void contribute(const Contribution<From, T>& a) {
  const Floats scale = Floats::all(a.scale);
  for (std::int64_t row = 0; row < a.rows; ++row) {
    overColumns(a.columns, [&](std::int64_t j, auto n) {
      Floats x = load(a.from + row * a.fromStride + j, n) * scale;
      if (a.factor != nullptr) x = x * load(a.factor + row * a.factorStride + j, n);
      float* to = a.to + row * a.toStride + j;
      store(a.first ? x : x + load(to, n), to, n);
    });
  }
}

template <typename From>
inline void convertRow(const From* from, std::int64_t n, Bf16* to) {
  overColumns(n, [&](std::int64_t j, auto some) { store(load(from + j, some), to + j, some); });
}

// Elements of the depth that are packed at once, so that what is written stays in the first cache.
constexpr std::int64_t kDepth = 32;

template <typename From>
void packRowsOf(const From* const* rows, std::int64_t depth, std::int64_t padded, Bf16* panel) {
  for (std::int64_t k = 0; k < padded; k += kDepth) {
    const std::int64_t n = k + kDepth <= depth ? kDepth : depth - k;
    const std::int64_t pairs = (k + kDepth <= padded ? kDepth : padded - k) / 2;
    auto* to = reinterpret_cast<std::uint32_t*>(panel) + k / 2 * kPanel;
    for (std::int64_t column = 0; column < kPanel; ++column) {
      alignas(64) std::uint32_t some[kDepth / 2] = {};
      if (rows[column] != nullptr && n > 0) {
        convertRow(rows[column] + k, n, reinterpret_cast<Bf16*>(some));
      }
      for (std::int64_t pair = 0; pair < pairs; ++pair) to[pair * kPanel + column] = some[pair];
    }
  }
}

void packRowsOf(const float* const* rows, std::int64_t depth, std::int64_t padded, float* panel) {
  for (std::int64_t start = 0; start < padded; start += kDepth) {
    const std::int64_t end = start + kDepth < padded ? start + kDepth : padded;
    for (std::int64_t column = 0; column < kPanel; ++column) {
      const float* row = rows[column];
      for (std::int64_t k = start; k < end; ++k) {
        panel[k * kPanel + column] = row == nullptr || k >= depth ? 0.0f : row[k];
      }
    }
  }
}

template <typename From>
void packPairOf(const From* even, const From* odd, std::int64_t columns, Bf16* panel) {
  alignas(64) std::uint16_t low[kPanel] = {};
  alignas(64) std::uint16_t high[kPanel] = {};
  convertRow(even, columns, reinterpret_cast<Bf16*>(low));
  if (odd != nullptr) convertRow(odd, columns, reinterpret_cast<Bf16*>(high));
  auto* to = reinterpret_cast<std::uint32_t*>(panel);
  for (std::int64_t j = 0; j < kPanel; ++j) {
    to[j] = low[j] | static_cast<std::uint32_t>(high[j]) << 16;
  }
}

void packPairOf(const float* even, const float* odd, std::int64_t columns, float* panel) {
  for (std::int64_t j = 0; j < kPanel; ++j) panel[j] = j < columns ? even[j] : 0.0f;
  if (odd == nullptr) return;
  for (std::int64_t j = 0; j < kPanel; ++j) panel[kPanel + j] = j < columns ? odd[j] : 0.0f;
}

template <typename From, typename T>
void packRows(const From* const* rows, std::int64_t depth, std::int64_t padded, T* panel) {
  packRowsOf(rows, depth, padded, panel);
}

template <typename From, typename T>
void packPair(const From* even, const From* odd, std::int64_t columns, T* panel) {
  packPairOf(even, odd, columns, panel);
}

}  // namespace

template <typename T>
constexpr RecurrenceTable<T> tableOf() {
  return {highwayForward<T>,     highwayBackward<T, float>,
          highwayBackward<T, T>, combine<T>,
          contribute<float, T>,  contribute<T, T>,
          packRows<float, T>,    packRows<T, T>,
          packPair<float, T>,    packPair<T, T>};
}

const RecurrenceKernels recurrenceKernelsTable = {tableOf<float>(), tableOf<Bf16>()};

}  // namespace kernels::ENAS_ISA
