#pragma once

#include <cstdint>

// Vector code is compiled once for each instruction set (CMakeLists.txt), in a namespace of its
// own, and chosen when it is called. Its files end in .simd.cc and see raw memory only: an inline
// function of ATen or of the standard library that was compiled for AVX-512 there could be the copy
// the linker keeps for everyone, and crash an older processor.
namespace kernels {

// The bits of a bfloat16; c10::BFloat16 lies in memory like it.
struct Bf16 {
  std::uint16_t bits;
};

// amx is avx512bf16 with tiles of bf16: the tables are the same, and a family with products of its
// own for tiles has a second table.
enum class Simd : int { none, avx2, avx512, avx512bf16, amx };

// What the kernels use: the widest that the processor has, unless set lower. None on a processor
// that is not x86-64, and where a kernel then has no table its caller falls back to ATen.
Simd simd();
void setSimd(Simd level);
// The widest that the processor has.
Simd widestSimd();

}  // namespace kernels

// Declares the tables of a family of kernels, `const Type name` in the namespace of each
// instruction set (its .simd.cc file defines it there), and `const Type* name()`, the one to use or
// null.
#ifdef ENAS_SIMD
#define ENAS_SIMD_TABLE(Type, name)      \
  namespace kernels::avx2 {              \
  extern const Type name##Table;         \
  }                                      \
  namespace kernels::avx512 {            \
  extern const Type name##Table;         \
  }                                      \
  namespace kernels::avx512bf16 {        \
  extern const Type name##Table;         \
  }                                      \
  namespace kernels {                    \
  inline const Type* name() {            \
    switch (simd()) {                    \
      case Simd::amx:                    \
      case Simd::avx512bf16:             \
        return &avx512bf16::name##Table; \
      case Simd::avx512:                 \
        return &avx512::name##Table;     \
      case Simd::avx2:                   \
        return &avx2::name##Table;       \
      case Simd::none:                   \
        return nullptr;                  \
    }                                    \
    return nullptr;                      \
  }                                      \
  }
#else
#define ENAS_SIMD_TABLE(Type, name)             \
  namespace kernels {                           \
  inline const Type* name() { return nullptr; } \
  }
#endif
