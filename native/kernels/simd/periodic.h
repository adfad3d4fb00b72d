#pragma once

// Only for .simd.cc files: ways through memory beside tables that repeat with a period.
#include "kernels/simd/lanes.h"

namespace kernels::ENAS_ISA {
namespace {

// Elements of an array that are worked on together, so that they stay in the nearest cache.
constexpr std::int64_t kBlock = 2048;

// step(i, j, lanes) for the vectors from 0 to n in order: i is the element, j its position in the
// period.
template <typename Step>
void each(std::int64_t n, std::int64_t period, const Step& step) {
  constexpr std::int64_t kLanes = Floats::kLanes;
  std::int64_t start = 0;
  for (; start + period <= n; start += period) {
    for (std::int64_t j = 0; j < period; j += kLanes) step(start + j, j, Whole{});
  }
  std::int64_t j = 0;
  for (; start + j + kLanes <= n; j += kLanes) step(start + j, j, Whole{});
  if (start + j < n) step(start + j, j, Part{n - start - j});
}

// The sums of columns j to j + columns·lanes over the periods from start to end.
template <int columns, int count, typename Term>
void accumulateColumns(std::int64_t start, std::int64_t end, std::int64_t period, std::int64_t j,
                       float* const (&sums)[count], const Term& term) {
  constexpr std::int64_t kLanes = Floats::kLanes;
  Floats total[columns][count];
  for (int k = 0; k < columns; ++k) {
    for (int s = 0; s < count; ++s) total[k][s] = Floats::load(sums[s] + j + k * kLanes);
  }
  for (std::int64_t i = start + j; i < end; i += period) {
    for (int k = 0; k < columns; ++k) {
      term(i + k * kLanes, j + k * kLanes, Whole{}, total[k]);
    }
  }
  for (int k = 0; k < columns; ++k) {
    for (int s = 0; s < count; ++s) total[k][s].store(sums[s] + j + k * kLanes);
  }
}

// Adds to sums, `period` floats each, what term(i, j, lanes, totals) adds to its totals. Term must
// add nothing for lanes that are not there; what it loads has zeros in them.
template <int count, typename Term>
void accumulate(std::int64_t n, std::int64_t period, float* const (&sums)[count],
                const Term& term) {
  constexpr std::int64_t kLanes = Floats::kLanes;
  const std::int64_t whole = n / period * period;
  const std::int64_t block = period < kBlock ? kBlock / period * period : period;
  for (std::int64_t start = 0; start < whole; start += block) {
    const std::int64_t end = start + block < whole ? start + block : whole;
    std::int64_t j = 0;
    for (; j + 4 * kLanes <= period; j += 4 * kLanes) {
      accumulateColumns<4>(start, end, period, j, sums, term);
    }
    for (; j < period; j += kLanes) accumulateColumns<1>(start, end, period, j, sums, term);
  }
  each(n - whole, period, [&](std::int64_t i, std::int64_t j, auto lanes) {
    Floats total[count];
    for (int s = 0; s < count; ++s) total[s] = Floats::load(sums[s] + j);
    term(whole + i, j, lanes, total);
    for (int s = 0; s < count; ++s) total[s].store(sums[s] + j);
  });
}

}  // namespace
}  // namespace kernels::ENAS_ISA
