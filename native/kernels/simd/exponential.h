#pragma once

#include "kernels/simd/floats.h"

namespace kernels::ENAS_ISA {
namespace {

// 2ⁿ·x for a whole number n of −126 to 127 given as a float.
inline Floats scaled(Floats x, Floats n) {
#ifdef __AVX512F__
  return {_mm512_scalef_ps(x.value, n.value)};
#else
  const __m256i exponent =
      _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n.value), _mm256_set1_epi32(127)), 23);
  return {_mm256_mul_ps(x.value, _mm256_castsi256_ps(exponent))};
#endif
}

inline Floats rounded(Floats x) {
#ifdef __AVX512F__
  return {_mm512_roundscale_ps(x.value, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
#else
  return {_mm256_round_ps(x.value, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
#endif
}

// eˣ to about 1 ulp, x held within ±87 so that neither it nor its reciprocal overflows; NaN stays.
inline Floats exponential(Floats x) {
  x = min(max(x, Floats::all(-87.0f)), Floats::all(87.0f));
  const Floats n = rounded(x * Floats::all(1.44269504f));
  // x − n·ln 2, ln 2 in two parts
  Floats r = fma(n, Floats::all(-0.693359375f), x);
  r = fma(n, Floats::all(2.12194440e-4f), r);
  Floats p = Floats::all(1.9875691500e-4f);
  p = fma(p, r, Floats::all(1.3981999507e-3f));
  p = fma(p, r, Floats::all(8.3334519073e-3f));
  p = fma(p, r, Floats::all(4.1665795894e-2f));
  p = fma(p, r, Floats::all(1.6666665459e-1f));
  p = fma(p, r, Floats::all(5.0000001201e-1f));
  return scaled(fma(p, r * r, r) + Floats::all(1.0f), n);
}

inline Floats sigmoid(Floats x) {
  return Floats::all(1.0f) / (Floats::all(1.0f) + exponential(Floats::zero() - x));
}

// Where x² is small 1 − 2/(e²ˣ + 1) would cancel; there an odd polynomial.
inline Floats tanh(Floats x) {
  const Floats far =
      Floats::all(1.0f) - Floats::all(2.0f) / (exponential(x + x) + Floats::all(1.0f));
  const Floats s = x * x;
  Floats p = Floats::all(-5.70498872745e-3f);
  p = fma(p, s, Floats::all(2.06390887954e-2f));
  p = fma(p, s, Floats::all(-5.37397155531e-2f));
  p = fma(p, s, Floats::all(1.33314422036e-1f));
  p = fma(p, s, Floats::all(-3.33332819422e-1f));
  const Floats near = fma(p * s, x, x);
  const Floats distance = Floats::all(0.390625f) - s;
  // 0.625²; at exactly that either is right. NaN is in neither and stays NaN through `far`.
  return whereAboveZero(distance, near) + (far - whereAboveZero(distance, far));
}

}  // namespace
}  // namespace kernels::ENAS_ISA
