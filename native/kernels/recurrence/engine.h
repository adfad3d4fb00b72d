#pragma once

#include <optional>

#include "kernels/recurrence/plan.h"
#include "kernels/recurrence/program.h"

namespace kernels::recurrence {

struct Forward {
  Tensors outputs;  // [T·N, F], for each of Program::outputs
  Tensors states;   // after the last time step, [N, F]
  // What the same engine's backward needs; undefined where it needs none. Empty without `save`.
  Tensors saved;
};

// Of the results; undefined where there is none.
struct Received {
  Tensors outputs;
  Tensors states;
};

// Of the operands; undefined where none is wanted or there is none.
struct Gradients {
  Tensors sequences;
  Tensors states;
  Tensors params;
};

struct Wanted {
  std::vector<bool> sequences;
  std::vector<bool> params;
};

// Two ways to run a checked program, forward and back. `save`: keep what backward needs.

// ATen's operators, step by step, in buffers for all steps: every dtype and device.
namespace stepwise {
Forward forward(const Program& program, const Operands& operands, bool save);
Gradients backward(const Program& program, const Operands& operands, const Tensors& saved,
                   const Received& received, const Wanted& wanted);
}  // namespace stepwise

// Vector code and packed weights, all time steps in one parallel region: fp32 and bf16 on a CPU.
namespace fused {
// Null for a program that this engine cannot run, or not here.
std::optional<Plan> planFor(const Program& program, const Operands& operands);
Forward forward(const Program& program, const Plan& plan, const Operands& operands, bool save);
Gradients backward(const Program& program, const Plan& plan, const Operands& operands,
                   const Tensors& saved, const Received& received, const Wanted& wanted);
Operands contiguous(const Operands& operands);
}  // namespace fused

// What every linear operator's parameters get, from its input [T·N, F] and the gradient of what it
// gave [T·N, out]: one product over all time steps.
void addLinearGradients(const Op& op, const Tensor& input, const Tensor& gradient,
                        const Operands& operands, const Wanted& wanted, Tensors& params);

// A parameter's gradient so far, plus another.
void accumulate(Tensor& total, const Tensor& gradient);

}  // namespace kernels::recurrence
