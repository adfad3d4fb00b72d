#include "kernels/simd/pool_average.h"
#include "kernels/simd/pool_maximum.h"

namespace kernels::ENAS_ISA {
namespace {

template <typename T>
constexpr PoolFunctions<T> functions{average<T>, averageGradient<T>, maximum<T>,
                                     maximumGradient<T>};

}  // namespace

const PoolKernels poolKernelsTable{functions<float>, functions<Bf16>, workspace};

}  // namespace kernels::ENAS_ISA
