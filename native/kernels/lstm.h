#pragma once

#include <ATen/ATen.h>

#include <optional>

namespace kernels {

// An LSTM over all time steps from a zero state, one node of the autograd graph with a backward of
// its own: input [T, N, I], weightIh [4H, I] and weightHh [4H, H] with the gates in PyTorch's order
// → hidden states [T, N, H]. With `feedback` [T, N, T], I = H and the input of step t is
// input[t] + Σₛ feedback[t, n, s]·hidden[s] over the earlier steps s < t; it has no gradient.
at::Tensor lstm(const at::Tensor& input, const at::Tensor& weightIh, const at::Tensor& weightHh,
                const std::optional<at::Tensor>& feedback);

}  // namespace kernels
