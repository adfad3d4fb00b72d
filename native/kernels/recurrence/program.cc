#include "kernels/recurrence/program.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace kernels::recurrence {
namespace {

constexpr int64_t kKinds = 7;
constexpr int64_t kActivations = 4;

class Reader {
 public:
  explicit Reader(const std::vector<int64_t>& numbers) : numbers_(numbers) {}
  bool done() const { return next_ == numbers_.size(); }
  int64_t take(int64_t below) {
    TORCH_CHECK(!done(), "recurrence: the program ends in the middle of an operator");
    const int64_t number = numbers_[next_++];
    TORCH_CHECK(number >= 0 && number < below, "recurrence: expected 0 to ", below - 1,
                " in the program, got ", number);
    return number;
  }
  std::vector<int64_t> list(int64_t below) {
    std::vector<int64_t> elements(take(static_cast<int64_t>(numbers_.size())));
    for (int64_t& element : elements) element = take(below);
    return elements;
  }

 private:
  const std::vector<int64_t>& numbers_;
  size_t next_ = 0;
};

// Features of what an operator gives, once all that it reads is found to fit.
int64_t featuresOf(const Op& op, int64_t number, const Program& program, const Operands& operands) {
  const auto fits = [number](bool ok, const char* expected) {
    TORCH_CHECK(ok, "recurrence: operator ", number, ": expected ", expected);
  };
  const auto param = [&](size_t i) -> const Tensor& { return operands.params[op.params[i]]; };
  fits(!op.inputs.empty(), "at least one input");
  const int64_t first = program.features[op.inputs[0]];
  const auto isVector = [&](size_t i) { return param(i).dim() == 1 && param(i).size(0) == first; };
  const auto alike = [&] {
    for (const Slot input : op.inputs) {
      fits(program.features[input] == first, "inputs of as many features");
    }
  };
  switch (op.kind) {
    case Kind::linear: {
      fits(op.inputs.size() == 1 && !op.params.empty(), "one input and at least one weight");
      int64_t out = 0;
      for (size_t i = 0; i < op.params.size(); ++i) {
        fits(param(i).dim() == 2 && param(i).size(1) == first, "weights [out, features]");
        fits(param(i).scalar_type() == program.dtype || program.dtype == at::kBFloat16,
             "weights of the sequences' dtype");
        out += param(i).size(0);
      }
      return out;
    }
    case Kind::highway: {
      fits(op.inputs.size() <= 2 && op.params.empty(), "one input, or two");
      fits(first % 2 == 0, "an even number of features");
      const bool carries = op.inputs.size() == 2;
      fits(!carries || program.features[op.inputs[1]] == first / 2, "a carry of half the features");
      return first / 2;
    }
    case Kind::mask: {
      fits(op.inputs.size() == 1 && op.params.size() == 1, "one input and one mask");
      const Tensor& mask = operands.masks[op.params[0]];
      fits(mask.dim() == 2 && mask.size(1) == first &&
               (mask.size(0) == program.examples || mask.size(0) == program.rows()),
           "a mask [N, features] or [T·N, features]");
      fits(mask.scalar_type() == program.dtype, "a mask of the sequences' dtype");
      return first;
    }
    case Kind::batchNorm:
      fits(op.inputs.size() == 1 && (op.params.size() == 2 || op.params.size() == 4),
           "one input, weight and bias, and running statistics if any");
      for (size_t i = 0; i < op.params.size(); ++i) {
        fits(isVector(i), "parameters [features]");
        fits(param(i).scalar_type() == program.dtype ||
                 (program.dtype == at::kBFloat16 && param(i).scalar_type() == at::kFloat),
             "parameters of the sequences' dtype");
        fits(param(i).scalar_type() == param(0).scalar_type(), "parameters of one dtype");
      }
      fits(op.training || op.params.size() == 4, "running statistics to normalise by");
      return first;
    case Kind::relu:
      fits(op.inputs.size() == 1 && op.params.empty(), "one input");
      return first;
    case Kind::add:
    case Kind::mean:
      fits(op.params.empty(), "no parameters");
      alike();
      return first;
  }
  return first;
}

void checkOperand(const Tensor& tensor, const char* what, int64_t rows, const Program& program) {
  TORCH_CHECK(tensor.dim() == 2 && tensor.size(0) == rows && tensor.size(1) > 0,
              "recurrence: ", what, ": expected [", rows, ", features], got ", tensor.sizes());
  TORCH_CHECK(tensor.scalar_type() == program.dtype, "recurrence: ", what, ": expected ",
              program.dtype, ", got ", tensor.scalar_type());
}

}  // namespace

Program checked(const Code& code, const Operands& operands) {
  Program program;
  constexpr int64_t kMostSteps = 1 << 24;
  TORCH_CHECK(code.steps >= 1 && code.steps <= kMostSteps, "recurrence: expected 1 to ", kMostSteps,
              " time steps, got ", code.steps);
  TORCH_CHECK(
      !operands.states.empty() && operands.states[0].dim() == 2 && operands.states[0].size(0) > 0,
      "recurrence: expected at least one state [N, features]");
  program.steps = code.steps;
  program.examples = operands.states[0].size(0);
  program.dtype = operands.states[0].scalar_type();
  program.device = operands.states[0].device();
  TORCH_CHECK(at::isFloatingType(program.dtype), "recurrence: expected floating-point states");
  program.sequences = static_cast<int64_t>(operands.sequences.size());
  program.states = static_cast<int64_t>(operands.states.size());
  TORCH_CHECK(code.nexts.size() == operands.states.size(),
              "recurrence: expected a next slot for each state");
  for (const Tensor& sequence : operands.sequences) {
    checkOperand(sequence, "sequence", program.rows(), program);
    program.features.push_back(sequence.size(1));
  }
  for (const Tensor& state : operands.states) {
    checkOperand(state, "state", program.examples, program);
    program.features.push_back(state.size(1));
  }
  for (const Tensors* group :
       {&operands.sequences, &operands.states, &operands.params, &operands.masks}) {
    for (const Tensor& tensor : *group) {
      TORCH_CHECK(tensor.device() == program.device,
                  "recurrence: expected all tensors on one device");
      TORCH_CHECK(at::isFloatingType(tensor.scalar_type()),
                  "recurrence: expected floating-point tensors");
    }
  }

  Reader reader(code.ops);
  const auto params = static_cast<int64_t>(operands.params.size());
  const auto masks = static_cast<int64_t>(operands.masks.size());
  for (size_t number = 0; !reader.done(); ++number) {
    TORCH_CHECK(code.reals.size() >= 2 * (number + 1),
                "recurrence: expected two reals an operator");
    Op op;
    op.kind = static_cast<Kind>(reader.take(kKinds));
    const int64_t flag = reader.take(kActivations);
    op.activation = static_cast<Activation>(flag);
    op.training = flag != 0;
    op.inputs = reader.list(program.slots());
    op.params = reader.list(op.kind == Kind::mask ? masks : params);
    op.eps = code.reals[2 * number];
    op.momentum = code.reals[2 * number + 1];
    op.output = program.slots();
    program.features.push_back(featuresOf(op, static_cast<int64_t>(number), program, operands));
    program.ops.push_back(std::move(op));
  }

  const auto isSlot = [&](Slot slot) { return slot >= 0 && slot < program.slots(); };
  for (int64_t i = 0; i < program.states; ++i) {
    const Slot next = code.nexts[i];
    TORCH_CHECK(isSlot(next) && program.features[next] == program.features[program.state(i)],
                "recurrence: state ", i, ": expected the slot of a value of its size as its next");
  }
  for (size_t i = 0; i < code.outputs.size(); ++i) {
    const Slot output = code.outputs[i];
    const auto before = code.outputs.begin() + static_cast<std::ptrdiff_t>(i);
    TORCH_CHECK(isSlot(output) && output >= program.sequences &&
                    std::find(code.outputs.begin(), before, output) == before,
                "recurrence: expected each output once, and no sequence among them, got ", output);
  }
  program.nexts = code.nexts;
  program.outputs = code.outputs;
  return program;
}

}  // namespace kernels::recurrence
