#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

// A recurrence as data: what is done at each time step, to values in numbered slots. First come the
// sequences (something for each time step), then the states (what a slot held at the last time
// step), then what each operator gives, in order.
namespace kernels::recurrence {

using at::Tensor;
using Tensors = std::vector<Tensor>;
using Slot = int64_t;

enum class Kind : int64_t { linear, add, mean, highway, mask, relu, batchNorm };
enum class Activation : int64_t { tanh, relu, identity, sigmoid };

struct Op {
  Kind kind;
  std::vector<Slot> inputs;
  // Indices into Operands::params; of a mask one into Operands::masks.
  std::vector<int64_t> params;
  Activation activation = Activation::identity;
  bool training = false;
  double eps = 0;
  double momentum = 0;
  Slot output = 0;
};

// As TypeScript hands it over: whole numbers an operator after the other (kind, flag, count and
// inputs, count and params), two reals for each.
struct Code {
  int64_t steps;
  std::vector<int64_t> ops;
  std::vector<double> reals;
  // The slot that each state takes its next value from.
  std::vector<Slot> nexts;
  // Slots whose values over all time steps are wanted.
  std::vector<Slot> outputs;
};

struct Operands {
  Tensors sequences;  // [T·N, F]
  Tensors states;     // before the first time step, [N, F]
  Tensors params;
  Tensors masks;  // factors, without gradient: [N, F] for all time steps, or [T·N, F]
};

struct Program {
  int64_t steps = 0;
  int64_t examples = 0;
  int64_t sequences = 0;
  int64_t states = 0;
  std::vector<Op> ops;
  std::vector<Slot> nexts;
  std::vector<Slot> outputs;
  // Of each slot.
  std::vector<int64_t> features;

  int64_t slots() const { return static_cast<int64_t>(features.size()); }
  int64_t rows() const { return steps * examples; }
  Slot state(int64_t index) const { return sequences + index; }
  bool isState(Slot slot) const { return slot >= sequences && slot < sequences + states; }
  at::ScalarType dtype = at::kFloat;
  at::Device device = at::kCPU;
};

// Throws c10::Error, naming the operator, for whatever does not fit together: nothing that runs a
// program checks it again.
Program checked(const Code& code, const Operands& operands);

}  // namespace kernels::recurrence
