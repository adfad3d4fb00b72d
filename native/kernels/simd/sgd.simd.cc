#include "kernels/simd/sgd.h"

#include "kernels/simd/floats.h"

namespace kernels::ENAS_ISA {
namespace {

constexpr std::int64_t kLanes = Floats::kLanes;

struct Constants {
  explicit Constants(const SgdStep& s)
      : lr(Floats::all(-s.lr)),
        momentum(Floats::all(s.momentum)),
        weightDecay(Floats::all(s.weightDecay)),
        scale(Floats::all(s.scale)) {}
  Floats lr, momentum, weightDecay, scale;
};

// One vector, of which `load` and `store` know how much of it there is.
template <bool Momentum, bool Nesterov, typename Load, typename Store>
inline void stepOne(float* w, float* grad, float* v, const Constants& by, bool zeroGrad, Load load,
                    Store store) {
  const Floats weight = load(w);
  const Floats g = fma(by.weightDecay, weight, by.scale * load(grad));
  Floats direction = g;
  if constexpr (Momentum) {
    const Floats velocity = fma(by.momentum, load(v), g);
    store(velocity, v);
    direction = Nesterov ? fma(by.momentum, velocity, g) : velocity;
  }
  store(fma(by.lr, direction, weight), w);
  if (zeroGrad) store(Floats::zero(), grad);
}

template <bool Momentum, bool Nesterov>
void stepAll(float* w, float* grad, float* v, std::int64_t n, const SgdStep& s, bool zeroGrad) {
  const Constants by(s);
  std::int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    stepOne<Momentum, Nesterov>(
        w + i, grad + i, Momentum ? v + i : nullptr, by, zeroGrad,
        [](const float* from) { return Floats::load(from); },
        [](Floats x, float* to) { x.store(to); });
  }
  const std::int64_t rest = n - i;
  if (rest == 0) return;
  stepOne<Momentum, Nesterov>(
      w + i, grad + i, Momentum ? v + i : nullptr, by, zeroGrad,
      [rest](const float* from) { return Floats::load(from, rest); },
      [rest](Floats x, float* to) { x.store(to, rest); });
}

void step(float* w, float* grad, float* v, std::int64_t n, const SgdStep& s, bool zeroGrad) {
  if (v == nullptr) return stepAll<false, false>(w, grad, v, n, s, zeroGrad);
  if (s.nesterov) return stepAll<true, true>(w, grad, v, n, s, zeroGrad);
  return stepAll<true, false>(w, grad, v, n, s, zeroGrad);
}

float sumOfSquares(const float* x, std::int64_t n) {
  Floats sums[4] = {Floats::zero(), Floats::zero(), Floats::zero(), Floats::zero()};
  std::int64_t i = 0;
  for (; i + 4 * kLanes <= n; i += 4 * kLanes) {
    for (int k = 0; k < 4; ++k) {
      const Floats value = Floats::load(x + i + k * kLanes);
      sums[k] = fma(value, value, sums[k]);
    }
  }
  for (; i < n; i += kLanes) {
    const Floats value = Floats::load(x + i, n - i < kLanes ? n - i : kLanes);
    sums[0] = fma(value, value, sums[0]);
  }
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])).sum();
}

}  // namespace

const SgdKernels sgdKernelsTable{step, sumOfSquares};

}  // namespace kernels::ENAS_ISA
