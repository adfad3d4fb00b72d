#include "kernels/lstm.h"

#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>

#include <vector>

namespace kernels {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct Gates {
  explicit Gates(const Tensor& all, int64_t units)
      : inputForget(all.narrow(1, 0, 2 * units)),
        input(all.narrow(1, 0, units)),
        forget(all.narrow(1, units, units)),
        cell(all.narrow(1, 2 * units, units)),
        output(all.narrow(1, 3 * units, units)) {}
  Tensor inputForget, input, forget, cell, output;
};

// For each time step whether any of its inputs reads an earlier hidden state. Read on the host.
std::vector<bool> stepsFed(const Tensor& feedback, int64_t steps) {
  std::vector<bool> fed(steps, false);
  if (!feedback.defined()) return fed;
  const Tensor any = feedback.ne(0).flatten(1).any(1).cpu();
  for (int64_t t = 1; t < steps; ++t) fed[t] = any.const_data_ptr<bool>()[t];
  return fed;
}

class Lstm : public torch::autograd::Function<Lstm> {
 public:
  static Tensor forward(AutogradContext* ctx, const Tensor& input, const Tensor& weightIh,
                        const Tensor& weightHh, const std::optional<Tensor>& feedback) {
    RECORD_FUNCTION("enas::lstm", {});
    const int64_t steps = input.size(0), n = input.size(1), width = input.size(2);
    const int64_t units = weightHh.size(1);
    const auto options = input.options();
    // One product a step: the input and the last hidden state side by side.
    const Tensor weights = at::cat({weightIh, weightHh}, 1);
    const Tensor transposed = weights.t();
    Tensor rows = at::zeros({steps, n, width + units}, options);
    rows.narrow(2, 0, width).copy_(input);
    Tensor gates = at::empty({steps, n, 4 * units}, options);
    Tensor cells = at::zeros({steps + 1, n, units}, options);
    Tensor squashed = at::empty({steps, n, units}, options);
    Tensor hidden = at::empty({steps, n, units}, options);
    const Tensor mix = feedback.value_or(Tensor());
    const std::vector<bool> fed = stepsFed(mix, steps);

    for (int64_t t = 0; t < steps; ++t) {
      const Tensor row = rows.select(0, t);
      if (fed[t]) {
        const Tensor shares = mix.select(0, t).narrow(1, 0, t).unsqueeze(1);
        row.narrow(1, 0, width)
            .add_(at::bmm(shares, hidden.narrow(0, 0, t).transpose(0, 1)).squeeze(1));
      }
      Tensor gate = gates.select(0, t);
      at::mm_out(gate, row, transposed);
      const Gates at(gate, units);
      at.inputForget.sigmoid_();
      at.cell.tanh_();
      at.output.sigmoid_();
      Tensor c = cells.select(0, t + 1), tanhC = squashed.select(0, t), h = hidden.select(0, t);
      at::mul_out(c, at.forget, cells.select(0, t)).addcmul_(at.input, at.cell);
      at::mul_out(h, at.output, at::tanh_out(tanhC, c));
      if (t + 1 < steps) rows.select(0, t + 1).narrow(1, width, units).copy_(h);
    }
    ctx->save_for_backward({weights, rows, gates, cells, squashed, mix});
    return hidden;
  }

  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    RECORD_FUNCTION("enas::lstm_backward", {});
    const variable_list saved = ctx->get_saved_variables();
    const Tensor &weights = saved[0], &rows = saved[1], &gates = saved[2], &cells = saved[3],
                 &squashed = saved[4], &mix = saved[5];
    const int64_t steps = rows.size(0), n = rows.size(1), units = cells.size(2);
    const int64_t width = rows.size(2) - units;
    Tensor gradHidden = gradients[0].clone(at::MemoryFormat::Contiguous);
    Tensor gradGates = at::empty_like(gates);
    Tensor gradRows = at::empty_like(rows);
    Tensor gradCell = at::zeros({n, units}, rows.options());
    const std::vector<bool> fed = stepsFed(mix, steps);

    for (int64_t t = steps - 1; t >= 0; --t) {
      Tensor gradH = gradHidden.select(0, t);
      if (t + 1 < steps) gradH.add_(gradRows.select(0, t + 1).narrow(1, width, units));
      const Gates at(gates.select(0, t), units);
      Tensor gradGate = gradGates.select(0, t);
      Gates grad(gradGate, units);
      const Tensor tanhC = squashed.select(0, t);
      gradCell.add_(at::tanh_backward(gradH * at.output, tanhC));
      at::sigmoid_backward_out(grad.output, gradH * tanhC, at.output);
      at::sigmoid_backward_out(grad.input, gradCell * at.cell, at.input);
      at::sigmoid_backward_out(grad.forget, gradCell * cells.select(0, t), at.forget);
      at::tanh_backward_out(grad.cell, gradCell * at.input, at.cell);
      gradCell.mul_(at.forget);
      Tensor gradRow = gradRows.select(0, t);
      at::mm_out(gradRow, gradGate, weights);
      if (fed[t]) {
        const Tensor shares = mix.select(0, t).narrow(1, 0, t).t().unsqueeze(2);
        gradHidden.narrow(0, 0, t).addcmul_(shares, gradRow.narrow(1, 0, width).unsqueeze(0));
      }
    }
    const Tensor gradWeights = at::mm(gradGates.flatten(0, 1).t(), rows.flatten(0, 1));
    return {gradRows.narrow(2, 0, width), gradWeights.narrow(1, 0, width),
            gradWeights.narrow(1, width, units), Tensor()};
  }
};

}  // namespace

Tensor lstm(const Tensor& input, const Tensor& weightIh, const Tensor& weightHh,
            const std::optional<Tensor>& feedback) {
  TORCH_CHECK(input.dim() == 3, "expected an input [T, N, I], got ", input.sizes());
  TORCH_CHECK(weightHh.dim() == 2 && weightHh.size(0) == 4 * weightHh.size(1),
              "expected a weightHh [4H, H], got ", weightHh.sizes());
  const int64_t units = weightHh.size(1);
  TORCH_CHECK(weightIh.sizes() == at::IntArrayRef({4 * units, input.size(2)}),
              "expected a weightIh [", 4 * units, ", ", input.size(2), "], got ", weightIh.sizes());
  if (feedback) {
    const int64_t steps = input.size(0);
    TORCH_CHECK(feedback->sizes() == at::IntArrayRef({steps, input.size(1), steps}),
                "expected a feedback [", steps, ", ", input.size(1), ", ", steps, "], got ",
                feedback->sizes());
    TORCH_CHECK(input.size(2) == units, "with feedback the input is as wide as the hidden state, ",
                units, ", got ", input.size(2));
    TORCH_CHECK(!feedback->requires_grad(), "the feedback has no gradient");
  }
  return Lstm::apply(input, weightIh, weightHh, feedback);
}

}  // namespace kernels
