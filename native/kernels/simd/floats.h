#pragma once

// Only for .simd.cc files: ENAS_ISA is the instruction set they are being compiled for.
#include <immintrin.h>

#include <cstdint>

#include "kernels/simd/isa.h"

namespace kernels::ENAS_ISA {
namespace {

#ifdef __AVX512F__

// A vector of fp32 numbers, read from and written to memory as fp32 or bf16.
struct Floats {
  static constexpr std::int64_t kLanes = 16;
  using Mask = __mmask16;
  __m512 value;

  static Floats all(float x) { return {_mm512_set1_ps(x)}; }
  static Floats zero() { return {_mm512_setzero_ps()}; }
  static Mask first(std::int64_t n) { return static_cast<Mask>((1u << n) - 1u); }

  static Floats load(const float* from) { return {_mm512_loadu_ps(from)}; }
  static Floats load(const Bf16* from) {
    return widened(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
  }
  // The first n elements, 0 ≤ n ≤ kLanes; zeros after them.
  static Floats load(const float* from, std::int64_t n) {
    return {_mm512_maskz_loadu_ps(first(n), from)};
  }
  static Floats load(const Bf16* from, std::int64_t n) {
    return widened(_mm256_maskz_loadu_epi16(first(n), from));
  }
  void store(float* to) const { _mm512_storeu_ps(to, value); }
  void store(Bf16* to) const { _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), narrowed()); }
  void store(float* to, std::int64_t n) const { _mm512_mask_storeu_ps(to, first(n), value); }
  void store(Bf16* to, std::int64_t n) const { _mm256_mask_storeu_epi16(to, first(n), narrowed()); }

  friend Floats operator+(Floats a, Floats b) { return {_mm512_add_ps(a.value, b.value)}; }
  friend Floats operator-(Floats a, Floats b) { return {_mm512_sub_ps(a.value, b.value)}; }
  friend Floats operator*(Floats a, Floats b) { return {_mm512_mul_ps(a.value, b.value)}; }
  friend Floats operator/(Floats a, Floats b) { return {_mm512_div_ps(a.value, b.value)}; }
  // a·b + c
  friend Floats fma(Floats a, Floats b, Floats c) {
    return {_mm512_fmadd_ps(a.value, b.value, c.value)};
  }
  // NaN where a is NaN, as in ATen's relu: the second operand wins in the instruction.
  friend Floats max(Floats a, Floats b) { return {_mm512_max_ps(b.value, a.value)}; }
  friend Floats min(Floats a, Floats b) { return {_mm512_min_ps(b.value, a.value)}; }
  // x where the condition's element is above zero or NaN, else 0: the gradient of ATen's relu.
  friend Floats whereAboveZero(Floats condition, Floats x) {
    return {_mm512_maskz_mov_ps(
        _mm512_cmp_ps_mask(condition.value, _mm512_setzero_ps(), _CMP_NLE_UQ), x.value)};
  }
  float sum() const { return _mm512_reduce_add_ps(value); }

 private:
  static Floats widened(__m256i bits) {
    return {_mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16))};
  }
  // To the nearest, ties to even; NaN stays NaN.
  __m256i narrowed() const {
#ifdef __AVX512BF16__
    const __m256bh packed = _mm512_cvtneps_pbh(value);
    __m256i bits;
    __builtin_memcpy(&bits, &packed, sizeof(bits));
    return bits;
#else
    const __m512i bits = _mm512_castps_si512(value);
    const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    const __m512i half = _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff));
    const __m512i rounded = _mm512_srli_epi32(_mm512_add_epi32(bits, half), 16);
    const Mask isNan = _mm512_cmp_ps_mask(value, value, _CMP_UNORD_Q);
    return _mm512_cvtepi32_epi16(_mm512_mask_mov_epi32(rounded, isNan, _mm512_set1_epi32(0x7fc0)));
#endif
  }
};

#else

struct Floats {
  static constexpr std::int64_t kLanes = 8;
  __m256 value;

  static Floats all(float x) { return {_mm256_set1_ps(x)}; }
  static Floats zero() { return {_mm256_setzero_ps()}; }

  static Floats load(const float* from) { return {_mm256_loadu_ps(from)}; }
  static Floats load(const Bf16* from) {
    return widened(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
  }
  // The first n elements, 0 ≤ n ≤ kLanes; zeros after them.
  static Floats load(const float* from, std::int64_t n) {
    return {_mm256_maskload_ps(from, first(n))};
  }
  static Floats load(const Bf16* from, std::int64_t n) {
    alignas(16) Bf16 some[kLanes] = {};
    for (std::int64_t i = 0; i < n; ++i) some[i] = from[i];
    return load(some);
  }
  void store(float* to) const { _mm256_storeu_ps(to, value); }
  void store(Bf16* to) const { _mm_storeu_si128(reinterpret_cast<__m128i*>(to), narrowed()); }
  void store(float* to, std::int64_t n) const { _mm256_maskstore_ps(to, first(n), value); }
  void store(Bf16* to, std::int64_t n) const {
    alignas(16) Bf16 some[kLanes];
    store(some);
    for (std::int64_t i = 0; i < n; ++i) to[i] = some[i];
  }

  friend Floats operator+(Floats a, Floats b) { return {_mm256_add_ps(a.value, b.value)}; }
  friend Floats operator-(Floats a, Floats b) { return {_mm256_sub_ps(a.value, b.value)}; }
  friend Floats operator*(Floats a, Floats b) { return {_mm256_mul_ps(a.value, b.value)}; }
  friend Floats operator/(Floats a, Floats b) { return {_mm256_div_ps(a.value, b.value)}; }
  // a·b + c
  friend Floats fma(Floats a, Floats b, Floats c) {
    return {_mm256_fmadd_ps(a.value, b.value, c.value)};
  }
  // NaN where a is NaN, as in ATen's relu: the second operand wins in the instruction.
  friend Floats max(Floats a, Floats b) { return {_mm256_max_ps(b.value, a.value)}; }
  friend Floats min(Floats a, Floats b) { return {_mm256_min_ps(b.value, a.value)}; }
  // x where the condition's element is above zero or NaN, else 0: the gradient of ATen's relu.
  friend Floats whereAboveZero(Floats condition, Floats x) {
    return {
        _mm256_and_ps(_mm256_cmp_ps(condition.value, _mm256_setzero_ps(), _CMP_NLE_UQ), x.value)};
  }
  float sum() const {
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(value), _mm256_extractf128_ps(value, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
  }

 private:
  static __m256i first(std::int64_t n) {
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(n)), lane);
  }
  static Floats widened(__m128i bits) {
    return {_mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16))};
  }
  // To the nearest, ties to even; NaN stays NaN.
  __m128i narrowed() const {
    const __m256i bits = _mm256_castps_si256(value);
    const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
    const __m256i half = _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff));
    const __m256i rounded = _mm256_srli_epi32(_mm256_add_epi32(bits, half), 16);
    const __m256i isNan = _mm256_castps_si256(_mm256_cmp_ps(value, value, _CMP_UNORD_Q));
    const __m256i chosen = _mm256_blendv_epi8(rounded, _mm256_set1_epi32(0x7fc0), isNan);
    return _mm_packus_epi32(_mm256_castsi256_si128(chosen), _mm256_extracti128_si256(chosen, 1));
  }
};

#endif

}  // namespace
}  // namespace kernels::ENAS_ISA
