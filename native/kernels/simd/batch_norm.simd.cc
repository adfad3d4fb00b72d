#include "kernels/simd/batch_norm.h"

#include "kernels/simd/periodic.h"

namespace kernels::ENAS_ISA {
namespace {

using Index = std::int64_t;

// The first rows stand for all of them. Σd² − (Σd)²/n with distances d from their mean loses
// little, however large it is beside the deviation: it is off by at most √kSample standard
// deviations, as these rows are among those that make up the deviation.
constexpr Index kSample = 16;

template <typename T>
void statistics(const T* x, Index n, Index period, float* centre, float* distances,
                float* squares) {
  for (Index j = 0; j < period; ++j) centre[j] = distances[j] = squares[j] = 0;
  const Index periods = n / period;
  const Index sample = (periods + kSample - 1) / kSample;
  float* const sums[] = {centre};
  accumulate(
      periods > 0 ? sample * period : n, period, sums,
      [x](Index i, Index, auto lanes, Floats* total) { total[0] = total[0] + load(x + i, lanes); });
  const float rows = static_cast<float>(sample);
  for (Index j = 0; j < period && sample > 1; ++j) centre[j] /= rows;
  float* const fromCentre[] = {distances, squares};
  accumulate(n, period, fromCentre, [x, centre](Index i, Index j, auto lanes, Floats* total) {
    const Floats distance = load(x + i, lanes) - load(centre + j, lanes);
    total[0] = total[0] + distance;
    total[1] = fma(distance, distance, total[1]);
  });
}

template <typename Lanes>
Floats affine(const BatchNormTables& t, Floats centred, Index j, Lanes lanes) {
  return fma(centred, load(t.scale + j, lanes), load(t.shift + j, lanes));
}

template <bool withAdd, bool relu, typename T>
void normalizeAs(const BatchNormTables& t, const T* x, const T* add, T* y, Index n) {
  each(n, t.period, [=](Index i, Index j, auto lanes) {
    Floats value = affine(t, load(x + i, lanes) - load(t.mean + j, lanes), j, lanes);
    if constexpr (withAdd) value = value + load(add + i, lanes);
    if constexpr (relu) value = max(value, Floats::zero());
    store(value, y + i, lanes);
  });
}

template <typename T>
void normalize(const BatchNormTables& t, const T* x, const T* add, bool relu, T* y, Index n) {
  if (add != nullptr) {
    return relu ? normalizeAs<true, true>(t, x, add, y, n)
                : normalizeAs<true, false>(t, x, add, y, n);
  }
  return relu ? normalizeAs<false, true>(t, x, add, y, n)
              : normalizeAs<false, false>(t, x, add, y, n);
}

enum class Mask { none, recompute, output };

template <Mask mask, typename T>
void reduceAs(const BatchNormTables& t, const T* x, const T* dy, const T* y, T* masked, Index n,
              float* sums, float* products) {
  for (Index j = 0; j < t.period; ++j) sums[j] = products[j] = 0;
  float* const totals[] = {sums, products};
  accumulate(n, t.period, totals, [=](Index i, Index j, auto lanes, Floats* total) {
    const Floats centred = load(x + i, lanes) - load(t.mean + j, lanes);
    Floats gradient = load(dy + i, lanes);
    if constexpr (mask == Mask::recompute) {
      gradient = whereAboveZero(affine(t, centred, j, lanes), gradient);
    } else if constexpr (mask == Mask::output) {
      gradient = whereAboveZero(load(y + i, lanes), gradient);
      store(gradient, masked + i, lanes);
    }
    total[0] = total[0] + gradient;
    total[1] = fma(gradient, centred, total[1]);
  });
}

template <typename T>
void reduceGradient(const BatchNormTables& t, const T* x, const T* dy, bool recompute, const T* y,
                    T* masked, Index n, float* sums, float* products) {
  if (recompute) return reduceAs<Mask::recompute>(t, x, dy, y, masked, n, sums, products);
  if (y != nullptr) return reduceAs<Mask::output>(t, x, dy, y, masked, n, sums, products);
  return reduceAs<Mask::none>(t, x, dy, y, masked, n, sums, products);
}

template <bool recompute, typename T>
void applyAs(const BatchNormTables& t, const float* slope, const float* offset, const T* x,
             const T* dy, T* dx, Index n) {
  each(n, t.period, [=](Index i, Index j, auto lanes) {
    const Floats centred = load(x + i, lanes) - load(t.mean + j, lanes);
    Floats gradient = load(dy + i, lanes);
    if constexpr (recompute) gradient = whereAboveZero(affine(t, centred, j, lanes), gradient);
    const Floats line = fma(centred, load(slope + j, lanes), load(offset + j, lanes));
    store(fma(gradient, load(t.scale + j, lanes), line), dx + i, lanes);
  });
}

template <typename T>
void applyGradient(const BatchNormTables& t, const float* slope, const float* offset, const T* x,
                   const T* dy, bool recompute, T* dx, Index n) {
  return recompute ? applyAs<true>(t, slope, offset, x, dy, dx, n)
                   : applyAs<false>(t, slope, offset, x, dy, dx, n);
}

template <typename T>
constexpr BatchNormFunctions<T> functions{statistics<T>, normalize<T>, reduceGradient<T>,
                                          applyGradient<T>};

}  // namespace

const BatchNormKernels batchNormKernelsTable{Floats::kLanes, functions<float>, functions<Bf16>};

}  // namespace kernels::ENAS_ISA
