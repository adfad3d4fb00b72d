#pragma once

#include <optional>

#include "kernels/recurrence/program.h"

namespace kernels::recurrence {

// A weight's product with a slot.
struct Product {
  Slot input;
  // Index of the linear operator.
  size_t op;
};

// What the fused engine does in one go at a time step: a highway unit with the products and sums
// that its pre-activations are made of, or an operator element by element.
struct Unit {
  size_t op;
  // Values are made level by level: a level's products read what levels below have made.
  int64_t level = 0;
  std::vector<Product> products;
  // Sequences that are added to the pre-activations.
  std::vector<Slot> addends;
};

struct Plan {
  // By level, and in a level in their order.
  std::vector<Unit> units;
  int64_t levels = 0;
  // Of each slot: whether backward, or an output, needs its values of all time steps; whether it
  // is a sequence that is added to pre-activations, so that it has their gradient.
  std::vector<bool> kept;
  std::vector<bool> made;
};

// How the fused engine would run a program, if it can: pre-activations are sums of products and
// sequences that nothing else reads, and there is no batch norm or ReLU of its own.
std::optional<Plan> planOf(const Program& program);

}  // namespace kernels::recurrence
