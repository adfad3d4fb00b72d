#include <ATen/ATen.h>

#include "kernels/matmul.h"
#include "kernels/recurrence/engine.h"

namespace kernels::recurrence {

void accumulate(Tensor& total, const Tensor& gradient) {
  if (total.defined()) {
    total.add_(gradient);
  } else {
    total = gradient;
  }
}

void addLinearGradients(const Op& op, const Tensor& input, const Tensor& gradient,
                        const Operands& operands, const Wanted& wanted, Tensors& params) {
  const bool any = std::any_of(op.params.begin(), op.params.end(),
                               [&](int64_t param) { return wanted.params[param]; });
  if (!any) return;
  const Tensor whole = matmul(gradient.t(), input, operands.params[op.params[0]].scalar_type());
  int64_t row = 0;
  for (const int64_t param : op.params) {
    const Tensor& weight = operands.params[param];
    const Tensor part = whole.narrow(0, row, weight.size(0)).to(weight.scalar_type());
    if (wanted.params[param]) accumulate(params[param], part);
    row += weight.size(0);
  }
}

namespace stepwise {
namespace {

Tensor activate(const Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::tanh:
      return x.tanh();
    case Activation::relu:
      return x.relu();
    case Activation::sigmoid:
      return x.sigmoid();
    case Activation::identity:
      return x;
  }
  return x;
}

// f′ from y = f(x); undefined for the identity.
Tensor slope(const Tensor& y, Activation activation) {
  switch (activation) {
    case Activation::tanh:
      return 1 - y * y;
    case Activation::relu:
      return y.gt(0).to(y.scalar_type());
    case Activation::sigmoid:
      return y * (1 - y);
    case Activation::identity:
      return Tensor();
  }
  return Tensor();
}

// The values of all slots: over all time steps where they are kept, else of the last one or two.
class Values {
 public:
  Values(const Program& program, const Operands& operands) : program_(program) {
    buffers_.assign(program.slots(), Tensor());
    for (int64_t i = 0; i < program.sequences; ++i) buffers_[i] = operands.sequences[i];
  }
  void allocate(Slot slot, bool kept, const at::TensorOptions& options) {
    // The next value of a state is written while the present one may still be read.
    const int64_t depth = kept ? program_.steps : program_.isState(slot) ? 2 : 1;
    buffers_[slot] = at::empty({depth * program_.examples, program_.features[slot]}, options);
  }
  void restore(Slot slot, const Tensor& buffer) { buffers_[slot] = buffer; }
  Tensor at(Slot slot, int64_t step) const {
    const Tensor& buffer = buffers_[slot];
    const int64_t depth = buffer.size(0) / program_.examples;
    return buffer.narrow(0, step % depth * program_.examples, program_.examples);
  }
  const Tensor& whole(Slot slot) const { return buffers_[slot]; }

 private:
  const Program& program_;
  Tensors buffers_;
};

Tensor maskAt(const Program& program, const Tensor& mask, int64_t step) {
  return mask.size(0) == program.examples
             ? mask
             : mask.narrow(0, step * program.examples, program.examples);
}

// [out, in] in the dtype that is computed in; undefined for other operators.
Tensors weightsOf(const Program& program, const Operands& operands) {
  Tensors weights;
  for (const Op& op : program.ops) {
    Tensors parts;
    if (op.kind == Kind::linear) {
      for (const int64_t param : op.params) {
        parts.push_back(operands.params[param].to(program.dtype));
      }
    }
    weights.push_back(parts.empty() ? Tensor() : parts.size() == 1 ? parts[0] : at::cat(parts, 0));
  }
  return weights;
}

Tensor runningStatistic(const Op& op, const Operands& operands, size_t index) {
  return op.params.size() == 4 ? operands.params[op.params[2 + index]] : Tensor();
}

void normalise(const Op& op, const Operands& operands, const Tensor& x, Tensor& y,
               Tensors* statistics) {
  auto [normalised, mean, deviation] =
      at::native_batch_norm(x, operands.params[op.params[0]], operands.params[op.params[1]],
                            runningStatistic(op, operands, 0), runningStatistic(op, operands, 1),
                            op.training, op.momentum, op.eps);
  y.copy_(normalised);
  if (statistics == nullptr) return;
  statistics->push_back(mean);
  statistics->push_back(deviation);
}

void runForward(const Program& program, const Operands& operands, const Op& op,
                const Tensor& weight, const Values& values, int64_t step, Tensors* statistics) {
  Tensor y = values.at(op.output, step);
  const auto input = [&](size_t i) { return values.at(op.inputs[i], step); };
  const Tensor x = input(0);
  switch (op.kind) {
    case Kind::linear:
      at::mm_out(y, x, weight.t());
      return;
    case Kind::add:
    case Kind::mean:
      y.copy_(x);
      for (size_t i = 1; i < op.inputs.size(); ++i) y.add_(input(i));
      if (op.kind == Kind::mean) y.div_(static_cast<double>(op.inputs.size()));
      return;
    case Kind::highway: {
      const int64_t half = x.size(1) / 2;
      const Tensor c = x.narrow(1, 0, half).sigmoid();
      const Tensor f = activate(x.narrow(1, half, half), op.activation);
      if (op.inputs.size() == 1) {
        at::mul_out(y, c, f);
      } else {
        at::addcmul_out(y, input(1), c, f - input(1));
      }
      return;
    }
    case Kind::mask:
      at::mul_out(y, x, maskAt(program, operands.masks[op.params[0]], step));
      return;
    case Kind::relu:
      at::clamp_min_out(y, x, 0);
      return;
    case Kind::batchNorm:
      normalise(op, operands, x, y, statistics);
      return;
  }
}

// Gradients of the slots' values at one time step; of sequences and of what linear operators gave
// over all of them.
class SlotGradients {
 public:
  SlotGradients(const Program& program, const at::TensorOptions& options) : program_(program) {
    std::vector<bool> whole(program.slots(), false);
    for (Slot slot = 0; slot < program.sequences; ++slot) whole[slot] = true;
    for (const Op& op : program.ops) whole[op.output] = op.kind == Kind::linear;
    for (Slot slot = 0; slot < program.slots(); ++slot) {
      const int64_t depth = whole[slot] ? program.steps : 1;
      buffers_.push_back(at::zeros({depth * program.examples, program.features[slot]}, options));
    }
  }
  Tensor at(Slot slot, int64_t step) const {
    const Tensor& buffer = buffers_[slot];
    return isWhole(slot) ? buffer.narrow(0, step * program_.examples, program_.examples) : buffer;
  }
  const Tensor& whole(Slot slot) const { return buffers_[slot]; }
  void beginStep() {
    for (Slot slot = program_.sequences; slot < program_.slots(); ++slot) {
      if (!isWhole(slot)) buffers_[slot].zero_();
    }
  }

 private:
  bool isWhole(Slot slot) const {
    return program_.steps > 1 && buffers_[slot].size(0) == program_.rows();
  }
  const Program& program_;
  Tensors buffers_;
};

void highwayBackward(const Op& op, const Values& values, const SlotGradients& gradients,
                     int64_t step) {
  const Tensor dy = gradients.at(op.output, step);
  const Tensor z = values.at(op.inputs[0], step);
  const int64_t half = dy.size(1);
  const Tensor c = z.narrow(1, 0, half).sigmoid();
  const Tensor f = activate(z.narrow(1, half, half), op.activation);
  Tensor dz = gradients.at(op.inputs[0], step);
  Tensor change = f;
  if (op.inputs.size() == 2) {
    change = f - values.at(op.inputs[1], step);
    gradients.at(op.inputs[1], step).addcmul_(dy, 1 - c);
  }
  dz.narrow(1, 0, half).addcmul_(dy * change, c * (1 - c));
  const Tensor df = slope(f, op.activation);
  if (df.defined()) {
    dz.narrow(1, half, half).addcmul_(dy * c, df);
  } else {
    dz.narrow(1, half, half).addcmul_(dy, c);
  }
}

void runBackward(const Program& program, const Operands& operands, const Op& op,
                 const Tensor& weight, const Values& values, const SlotGradients& gradients,
                 int64_t step, const Tensor* statistics, Tensors& params) {
  const Tensor dy = gradients.at(op.output, step);
  const auto dx = [&](size_t i) { return gradients.at(op.inputs[i], step); };
  switch (op.kind) {
    case Kind::linear:
      dx(0).addmm_(dy, weight);
      return;
    case Kind::add:
    case Kind::mean: {
      const double share = op.kind == Kind::add ? 1 : static_cast<double>(op.inputs.size());
      for (size_t i = 0; i < op.inputs.size(); ++i) dx(i).add_(dy, 1 / share);
      return;
    }
    case Kind::highway:
      highwayBackward(op, values, gradients, step);
      return;
    case Kind::mask:
      dx(0).addcmul_(dy, maskAt(program, operands.masks[op.params[0]], step));
      return;
    case Kind::relu:
      dx(0).add_(dy * values.at(op.output, step).gt(0));
      return;
    case Kind::batchNorm: {
      auto [x, weights, bias] = at::native_batch_norm_backward(
          dy, values.at(op.inputs[0], step), operands.params[op.params[0]],
          runningStatistic(op, operands, 0), runningStatistic(op, operands, 1), statistics[0],
          statistics[1], op.training, op.eps, {true, true, true});
      dx(0).add_(x);
      accumulate(params[op.params[0]], weights);
      accumulate(params[op.params[1]], bias);
      return;
    }
  }
}

}  // namespace

Forward forward(const Program& program, const Operands& operands, bool save) {
  const at::TensorOptions options = operands.states[0].options();
  Values values(program, operands);
  std::vector<bool> kept(program.slots(), save);
  for (const Slot output : program.outputs) kept[output] = true;
  for (Slot slot = program.sequences; slot < program.slots(); ++slot) {
    values.allocate(slot, kept[slot], options);
  }
  for (int64_t i = 0; i < program.states; ++i) {
    values.at(program.state(i), 0).copy_(operands.states[i]);
  }
  const Tensors weights = weightsOf(program, operands);
  // Step by step, and in a step operator by operator: a batch norm's mean and deviation.
  Tensors statistics;
  Forward result;
  for (int64_t step = 0; step < program.steps; ++step) {
    for (size_t i = 0; i < program.ops.size(); ++i) {
      runForward(program, operands, program.ops[i], weights[i], values, step,
                 save ? &statistics : nullptr);
    }
    for (int64_t i = 0; i < program.states; ++i) {
      const Tensor next = values.at(program.nexts[i], step);
      if (step + 1 < program.steps) {
        values.at(program.state(i), step + 1).copy_(next);
      } else {
        result.states.push_back(next.clone());
      }
    }
  }
  for (const Slot output : program.outputs) result.outputs.push_back(values.whole(output));
  if (!save) return result;
  for (Slot slot = program.sequences; slot < program.slots(); ++slot) {
    result.saved.push_back(values.whole(slot));
  }
  result.saved.insert(result.saved.end(), statistics.begin(), statistics.end());
  return result;
}

Gradients backward(const Program& program, const Operands& operands, const Tensors& saved,
                   const Received& received, const Wanted& wanted) {
  const at::TensorOptions options = operands.states[0].options();
  Values values(program, operands);
  for (Slot slot = program.sequences; slot < program.slots(); ++slot) {
    values.restore(slot, saved[slot - program.sequences]);
  }
  const Tensor* statistics = saved.data() + saved.size();
  SlotGradients gradients(program, options);
  const Tensors weights = weightsOf(program, operands);
  Gradients result;
  result.params.resize(operands.params.size());
  // What reaches the states' next values from the step after.
  Tensors later = received.states;
  for (int64_t step = program.steps - 1; step >= 0; --step) {
    gradients.beginStep();
    for (size_t i = 0; i < program.outputs.size(); ++i) {
      const Tensor& gradient = received.outputs[i];
      if (!gradient.defined()) continue;
      gradients.at(program.outputs[i], step)
          .add_(gradient.narrow(0, step * program.examples, program.examples));
    }
    for (int64_t i = 0; i < program.states; ++i) {
      if (later[i].defined()) gradients.at(program.nexts[i], step).add_(later[i]);
    }
    for (size_t i = program.ops.size(); i-- > 0;) {
      const Op& op = program.ops[i];
      if (op.kind == Kind::batchNorm) statistics -= 2;
      runBackward(program, operands, op, weights[i], values, gradients, step, statistics,
                  result.params);
    }
    for (int64_t i = 0; i < program.states; ++i) {
      later[i] = gradients.at(program.state(i), step).clone();
    }
  }
  for (const Op& op : program.ops) {
    if (op.kind != Kind::linear) continue;
    addLinearGradients(op, values.whole(op.inputs[0]), gradients.whole(op.output), operands, wanted,
                       result.params);
  }
  result.states = later;
  for (int64_t i = 0; i < program.sequences; ++i) {
    result.sequences.push_back(wanted.sequences[i] ? gradients.whole(i) : Tensor());
  }
  return result;
}

}  // namespace stepwise
}  // namespace kernels::recurrence
