#include "kernels/batch_norm_passes.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <numeric>

#include "kernels/elements.h"
#include "kernels/simd/batch_norm.h"

namespace kernels {
namespace {

using at::Tensor;

// Elements of one piece of work: few enough for a second look at them to find them in the cache.
constexpr int64_t kChunk = 1 << 15;
// Fewer columns of vectors than these would wait for each other's sums.
constexpr int64_t kVectors = 4;

// How a matrix is cut up. Depends on its shape and the vector's length alone.
struct Plan {
  int64_t channels, elements, period, chunk, chunks;

  Plan(const Tensor& x, int64_t lanes) : channels(x.size(1)), elements(x.numel()) {
    period = std::lcm(channels, lanes);
    while (period < kVectors * lanes) period *= 2;
    chunk = std::max<int64_t>(1, kChunk / period) * period;
    chunks = (elements + chunk - 1) / chunk;
  }

  // body(chunk, start, length) for the chunks of one thread.
  template <typename Body>
  void forEach(int64_t first, int64_t last, Body body) const {
    for (int64_t k = first; k < last; ++k) {
      body(k, k * chunk, std::min(chunk, elements - k * chunk));
    }
  }

  // The same from the last one to the first: what a pass before left in the cache is the last.
  template <typename Body>
  void forEachBackwards(int64_t first, int64_t last, Body body) const {
    for (int64_t k = last; k-- > first;) {
      body(k * chunk, std::min(chunk, elements - k * chunk));
    }
  }

  std::vector<float> repeat(const float* perChannel) const {
    std::vector<float> table(static_cast<size_t>(period));
    for (int64_t j = 0; j < period; j += channels) {
      std::copy_n(perChannel, channels, table.begin() + j);
    }
    return table;
  }

  // values[position] of one chunk, summed for each channel into sums.
  void fold(const std::vector<float>& values, double* sums) const {
    std::fill_n(sums, channels, 0.0);
    for (int64_t j = 0; j < period; j += channels) {
      for (int64_t c = 0; c < channels; ++c) sums[c] += values[j + c];
    }
  }

  // The sums of all chunks, [chunks, channels], one after the other.
  std::vector<double> total(const std::vector<double>& sums) const {
    std::vector<double> all(static_cast<size_t>(channels));
    for (int64_t k = 0; k < chunks; ++k) {
      for (int64_t c = 0; c < channels; ++c) all[c] += sums[k * channels + c];
    }
    return all;
  }

  std::vector<double> perChunk() const {
    return std::vector<double>(static_cast<size_t>(chunks * channels));
  }
};

struct Tables {
  std::vector<float> mean, scale, shift;
  BatchNormTables view;

  Tables(const Plan& plan, const Tensor& coefficients)
      : mean(plan.repeat(row(coefficients, kMean))),
        scale(plan.repeat(row(coefficients, kScale))),
        shift(plan.repeat(row(coefficients, kShift))),
        view{plan.period, mean.data(), scale.data(), shift.data()} {}

  static const float* row(const Tensor& coefficients, Coefficient which) {
    return coefficients.const_data_ptr<float>() + which * coefficients.size(1);
  }
};

template <typename T>
const T* at(const T* from, int64_t offset) {
  return from == nullptr ? nullptr : from + offset;
}

// What is known of one chunk's positions.
struct Positions {
  std::vector<float> centre, distances, squares;

  explicit Positions(int64_t period)
      : centre(static_cast<size_t>(period)), distances(centre), squares(centre) {}
};

// Mean and sum of squares of each channel in a chunk from those of its positions (Chan et al.
// 1979). The sum of the distances from a centre says how far the mean is from it.
void foldStatistics(const Plan& plan, int64_t n, const Positions& at, double* mean,
                    double* square) {
  const int64_t channels = plan.channels;
  const double rows = static_cast<double>(n / channels);
  const int64_t longer = n % plan.period;
  const auto rowsAt = [&](int64_t j) {
    return static_cast<double>(n / plan.period + (j < longer ? 1 : 0));
  };
  std::fill_n(mean, channels, 0.0);
  for (int64_t j = 0; j < plan.period; j += channels) {
    for (int64_t c = 0; c < channels; ++c) {
      mean[c] += (rowsAt(j + c) * at.centre[j + c] + at.distances[j + c]) / rows;
    }
  }
  plan.fold(at.squares, square);
  for (int64_t j = 0; j < plan.period; j += channels) {
    for (int64_t c = 0; c < channels; ++c) {
      const double distance = at.centre[j + c] - mean[c];
      square[c] += distance * (rowsAt(j + c) * distance + 2 * at.distances[j + c]);
    }
  }
}

}  // namespace

BatchStatistics batchStatistics(const Tensor& x) {
  const Plan plan(x, still(batchNormKernels()).lanes);
  const int64_t channels = plan.channels;
  std::vector<double> means = plan.perChunk();
  std::vector<double> squares = plan.perChunk();
  forType(still(batchNormKernels()), x.scalar_type(), [&](const auto& functions, auto element) {
    const auto* from = elements<decltype(element)>(x);
    at::parallel_for(0, plan.chunks, 1, [&](int64_t first, int64_t last) {
      Positions at(plan.period);
      plan.forEach(first, last, [&](int64_t k, int64_t start, int64_t n) {
        functions.statistics(from + start, n, plan.period, at.centre.data(), at.distances.data(),
                             at.squares.data());
        foldStatistics(plan, n, at, &means[k * channels], &squares[k * channels]);
      });
    });
  });

  BatchStatistics all{std::vector<double>(static_cast<size_t>(channels)), plan.total(squares)};
  const double rows = static_cast<double>(plan.elements / channels);
  const auto eachChunk = [&](auto body) {
    plan.forEach(0, plan.chunks, [&](int64_t k, int64_t, int64_t n) {
      const double weight = static_cast<double>(n / channels);
      for (int64_t c = 0; c < channels; ++c) body(c, weight, means[k * channels + c]);
    });
  };
  eachChunk([&](int64_t c, double weight, double mean) { all.mean[c] += weight / rows * mean; });
  eachChunk([&](int64_t c, double weight, double mean) {
    all.variance[c] += weight * (mean - all.mean[c]) * (mean - all.mean[c]);
  });
  for (double& variance : all.variance) variance /= rows;
  return all;
}

void normalize(const Tensor& x, const Tensor& coefficients, const Tensor* add, bool relu,
               Tensor& y) {
  const Plan plan(x, still(batchNormKernels()).lanes);
  const Tables tables(plan, coefficients);
  forType(still(batchNormKernels()), x.scalar_type(), [&](const auto& functions, auto element) {
    using T = decltype(element);
    const T* from = elements<T>(x);
    const T* added = elements<T>(add);
    T* to = mutableElements<T>(y);
    at::parallel_for(0, plan.chunks, 1, [&](int64_t first, int64_t last) {
      plan.forEachBackwards(first, last, [&](int64_t start, int64_t n) {
        functions.normalize(tables.view, from + start, at(added, start), relu, to + start, n);
      });
    });
  });
}

GradientSums reduceGradient(const Tensor& x, const Tensor& coefficients, const Tensor& dy,
                            bool recompute, const Tensor* y, Tensor* masked) {
  const Plan plan(x, still(batchNormKernels()).lanes);
  const Tables tables(plan, coefficients);
  std::vector<double> sums = plan.perChunk();
  std::vector<double> products = plan.perChunk();
  forType(still(batchNormKernels()), x.scalar_type(), [&](const auto& functions, auto element) {
    using T = decltype(element);
    const T* from = elements<T>(x);
    const T* gradient = elements<T>(dy);
    const T* output = elements<T>(y);
    T* to = masked == nullptr ? nullptr : mutableElements<T>(*masked);
    at::parallel_for(0, plan.chunks, 1, [&](int64_t first, int64_t last) {
      std::vector<float> sum(static_cast<size_t>(plan.period));
      std::vector<float> product(static_cast<size_t>(plan.period));
      plan.forEach(first, last, [&](int64_t k, int64_t start, int64_t n) {
        functions.reduceGradient(tables.view, from + start, gradient + start, recompute,
                                 at(output, start), to == nullptr ? nullptr : to + start, n,
                                 sum.data(), product.data());
        plan.fold(sum, &sums[k * plan.channels]);
        plan.fold(product, &products[k * plan.channels]);
      });
    });
  });
  return {plan.total(sums), plan.total(products)};
}

void applyGradient(const Tensor& x, const Tensor& coefficients, const std::vector<float>& slope,
                   const std::vector<float>& offset, const Tensor& dy, bool recompute, Tensor& dx) {
  const Plan plan(x, still(batchNormKernels()).lanes);
  const Tables tables(plan, coefficients);
  const std::vector<float> slopes = plan.repeat(slope.data());
  const std::vector<float> offsets = plan.repeat(offset.data());
  forType(still(batchNormKernels()), x.scalar_type(), [&](const auto& functions, auto element) {
    using T = decltype(element);
    const T* from = elements<T>(x);
    const T* gradient = elements<T>(dy);
    T* to = mutableElements<T>(dx);
    at::parallel_for(0, plan.chunks, 1, [&](int64_t first, int64_t last) {
      plan.forEachBackwards(first, last, [&](int64_t start, int64_t n) {
        functions.applyGradient(tables.view, slopes.data(), offsets.data(), from + start,
                                gradient + start, recompute, to + start, n);
      });
    });
  });
}

}  // namespace kernels
