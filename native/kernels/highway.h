#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

namespace kernels {

// The highway unit from the pre-activations z = [gate | candidate] [N, 2H]: with c = σ(gate) it is
// c ⊗ f(candidate), and with a carry [N, H] the rest of it, (1 − c) ⊗ carry. `activation` is a
// Highway. One pass over fp32 and bf16 on a CPU; everything else is composed of ATen's operators.
at::Tensor highway(const at::Tensor& z, const std::optional<at::Tensor>& carry, int64_t activation);

}  // namespace kernels
