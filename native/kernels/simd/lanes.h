#pragma once

// Only for .simd.cc files: vectors of which all lanes, or only the first, are there.
#include "kernels/simd/floats.h"

namespace kernels::ENAS_ISA {
namespace {

// All of them, known when compiled, or the first n.
struct Whole {
  static constexpr std::int64_t n = Floats::kLanes;
};
struct Part {
  std::int64_t n;
};

template <typename T>
Floats load(const T* from, Whole) {
  return Floats::load(from);
}
template <typename T>
Floats load(const T* from, Part part) {
  return Floats::load(from, part.n);
}
template <typename T>
void store(Floats x, T* to, Whole) {
  x.store(to);
}
template <typename T>
void store(Floats x, T* to, Part part) {
  x.store(to, part.n);
}

// step(i, lanes) for the vectors from 0 to n.
template <typename Step>
void eachVector(std::int64_t n, const Step& step) {
  std::int64_t i = 0;
  for (; i + Floats::kLanes <= n; i += Floats::kLanes) step(i, Whole{});
  if (i < n) step(i, Part{n - i});
}

}  // namespace
}  // namespace kernels::ENAS_ISA
