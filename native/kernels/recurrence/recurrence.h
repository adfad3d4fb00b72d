#pragma once

#include "kernels/recurrence/program.h"

namespace kernels::recurrence {

// Runs a program over all its time steps, and as one node of the autograd graph back through them.
// First derivatives only. Gives Program::outputs over time [T·N, F], then the states after the last
// step [N, F].
Tensors run(const Code& code, const Operands& operands);

}  // namespace kernels::recurrence
