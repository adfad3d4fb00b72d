#include "kernels/simd/cross_entropy.h"

#include "kernels/simd/exponential.h"

namespace kernels::ENAS_ISA {
namespace {

constexpr std::int64_t kLanes = Floats::kLanes;

float largest(Floats x) {
  float lanes[kLanes];
  x.store(lanes);
  float most = lanes[0];
  // NaN wins, so that it is seen in the loss.
  for (std::int64_t i = 1; i < kLanes; ++i) most = most >= lanes[i] ? most : lanes[i];
  return most;
}

template <typename T>
float logSumExp(const T* row, std::int64_t classes) {
  const std::int64_t whole = classes / kLanes * kLanes;
  float most = Floats::load(row, 1).sum();
  if (whole > 0) {
    Floats highest = Floats::load(row);
    for (std::int64_t j = kLanes; j < whole; j += kLanes) {
      highest = max(Floats::load(row + j), highest);
    }
    most = largest(highest);
  }
  for (std::int64_t j = whole; j < classes; ++j) {
    const float x = Floats::load(row + j, 1).sum();
    most = most >= x ? most : x;
  }
  if (!(most < __builtin_inff()) || most == -__builtin_inff()) return most - most;
  const Floats shift = Floats::all(most);
  Floats total = Floats::zero();
  for (std::int64_t j = 0; j < whole; j += kLanes) {
    total = total + exponential(Floats::load(row + j) - shift);
  }
  float sum = total.sum();
  for (std::int64_t j = whole; j < classes; ++j) {
    sum += __builtin_expf(Floats::load(row + j, 1).sum() - most);
  }
  return most + __builtin_logf(sum);
}

template <typename T>
void gradient(const T* row, std::int64_t classes, float logSumExp, std::int64_t target, float scale,
              T* to) {
  const Floats shift = Floats::all(logSumExp);
  const Floats factor = Floats::all(scale);
  std::int64_t j = 0;
  for (; j + kLanes <= classes; j += kLanes) {
    (exponential(Floats::load(row + j) - shift) * factor).store(to + j);
  }
  if (j < classes) {
    const std::int64_t n = classes - j;
    (exponential(Floats::load(row + j, n) - shift) * factor).store(to + j, n);
  }
  const float probability = __builtin_expf(Floats::load(row + target, 1).sum() - logSumExp);
  (Floats::all((probability - 1.0f) * scale)).store(to + target, 1);
}

template <typename T>
constexpr CrossEntropyTable<T> tableOf() {
  return {logSumExp<T>, gradient<T>};
}

}  // namespace

const CrossEntropyKernels crossEntropyKernelsTable = {tableOf<float>(), tableOf<Bf16>()};

}  // namespace kernels::ENAS_ISA
