#pragma once

#include "binding/operator.h"

namespace binding {

// signatures(): "conv2d(input: Tensor, bias: Tensor?, stride: integer[], …)" for every bound
// operator and the bare name of a function that reads its own arguments. For tests that call all
// there is.
void registerSignatures(Exports& exports);

}  // namespace binding
