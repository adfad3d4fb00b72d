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

inline bool isFinite(float x) { return x - x == 0; }

template <typename T>
float at(const T* row, std::int64_t j) {
  return Floats::load(row + j, 1).sum();
}

template <typename T>
float largestOf(const T* row, std::int64_t classes) {
  const std::int64_t whole = classes / kLanes * kLanes;
  float most = at(row, 0);
  if (whole > 0) {
    Floats highest = Floats::load(row);
    for (std::int64_t j = kLanes; j < whole; j += kLanes) {
      highest = max(Floats::load(row + j), highest);
    }
    most = largest(highest);
  }
  for (std::int64_t j = whole; j < classes; ++j) {
    const float x = at(row, j);
    most = most >= x ? most : x;
  }
  return most;
}

template <typename T>
float logSumExp(const T* row, std::int64_t classes) {
  const float most = largestOf(row, classes);
  if (!isFinite(most)) return most - most;
  const Floats shift = Floats::all(most);
  const std::int64_t whole = classes / kLanes * kLanes;
  Floats total = Floats::zero();
  for (std::int64_t j = 0; j < whole; j += kLanes) {
    total = total + exponential(Floats::load(row + j) - shift);
  }
  float sum = total.sum();
  for (std::int64_t j = whole; j < classes; ++j) sum += __builtin_expf(at(row, j) - most);
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
  const float probability = __builtin_expf(at(row, target) - logSumExp);
  Floats::all((probability - 1.0f) * scale).store(to + target, 1);
}

template <typename T>
float inPlace(T* row, std::int64_t classes, std::int64_t target, float scale, float* scratch) {
  const float most = largestOf(row, classes);
  const Floats shift = Floats::all(most);
  const std::int64_t whole = classes / kLanes * kLanes;
  Floats total = Floats::zero();
  for (std::int64_t j = 0; j < whole; j += kLanes) {
    const Floats power = exponential(Floats::load(row + j) - shift);
    power.store(scratch + j);
    total = total + power;
  }
  float sum = total.sum();
  for (std::int64_t j = whole; j < classes; ++j) {
    scratch[j] = __builtin_expf(at(row, j) - most);
    sum += scratch[j];
  }
  // Of a row that has no softmax everything is NaN, so that it is seen.
  if (!isFinite(most)) sum = most - most;
  const Floats factor = Floats::all(scale / sum);
  for (std::int64_t j = 0; j < whole; j += kLanes) {
    (Floats::load(scratch + j) * factor).store(row + j);
  }
  if (whole < classes) {
    const std::int64_t n = classes - whole;
    (Floats::load(scratch + whole, n) * factor).store(row + whole, n);
  }
  Floats::all((scratch[target] / sum - 1.0f) * scale).store(row + target, 1);
  return most + __builtin_logf(sum);
}

template <typename T>
constexpr CrossEntropyTable<T> tableOf() {
  return {logSumExp<T>, gradient<T>, inPlace<T>};
}

}  // namespace

const CrossEntropyKernels crossEntropyKernelsTable = {tableOf<float>(), tableOf<Bf16>()};

}  // namespace kernels::ENAS_ISA
