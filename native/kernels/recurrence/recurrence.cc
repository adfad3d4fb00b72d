#include "kernels/recurrence/recurrence.h"

#include <ATen/ATen.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>

#include "kernels/recurrence/engine.h"

namespace kernels::recurrence {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// All operands as one list, as autograd wants them, and back.
Tensors joined(const Operands& operands) {
  Tensors all;
  for (const Tensors* group :
       {&operands.sequences, &operands.states, &operands.params, &operands.masks}) {
    all.insert(all.end(), group->begin(), group->end());
  }
  return all;
}

struct Counts {
  int64_t sequences, states, params, masks;
};

Operands apart(const Tensor* from, const Counts& counts) {
  const auto take = [&from](int64_t count) {
    Tensors group(from, from + count);
    from += count;
    return group;
  };
  Operands operands;
  operands.sequences = take(counts.sequences);
  operands.states = take(counts.states);
  operands.params = take(counts.params);
  operands.masks = take(counts.masks);
  return operands;
}

Forward forwardOf(const Program& program, const std::optional<Plan>& plan, const Operands& operands,
                  bool save) {
  return plan ? fused::forward(program, *plan, operands, save)
              : stepwise::forward(program, operands, save);
}

struct OverTime : torch::autograd::Function<OverTime> {
  static variable_list forward(AutogradContext* ctx, at::TensorList all, const Code& code,
                               const Program& program, const Counts& counts) {
    RECORD_FUNCTION("enas::recurrence", {});
    const Operands operands = apart(all.data(), counts);
    const std::optional<Plan> plan = fused::planFor(program, operands);
    Forward result = forwardOf(program, plan, operands, true);
    ctx->saved_data["fused"] = plan.has_value();
    variable_list saved(all.begin(), all.end());
    saved.insert(saved.end(), result.saved.begin(), result.saved.end());
    ctx->save_for_backward(std::move(saved));
    ctx->saved_data["steps"] = code.steps;
    ctx->saved_data["ops"] = code.ops;
    ctx->saved_data["reals"] = code.reals;
    ctx->saved_data["nexts"] = code.nexts;
    ctx->saved_data["outputs"] = code.outputs;
    ctx->saved_data["counts"] =
        std::vector<int64_t>{counts.sequences, counts.states, counts.params, counts.masks};
    variable_list results = std::move(result.outputs);
    results.insert(results.end(), result.states.begin(), result.states.end());
    return results;
  }

  static variable_list backward(AutogradContext* ctx, variable_list received) {
    RECORD_FUNCTION("enas::recurrence_backward", {});
    TORCH_CHECK(!c10::GradMode::is_enabled(),
                "recurrence: it has first derivatives only; createGraph asks for second ones");
    const auto list = [ctx](const char* name) { return ctx->saved_data[name].toIntVector(); };
    const std::vector<int64_t> numbers = list("counts");
    const Counts counts{numbers[0], numbers[1], numbers[2], numbers[3]};
    const Code code{ctx->saved_data["steps"].toInt(), list("ops"),
                    ctx->saved_data["reals"].toDoubleVector(), list("nexts"), list("outputs")};
    const variable_list all = ctx->get_saved_variables();
    const Operands operands = apart(all.data(), counts);
    const int64_t given = counts.sequences + counts.states + counts.params + counts.masks;
    const Tensors saved(all.begin() + given, all.end());
    const Program program = checked(code, operands);

    Received gradients;
    const auto middle = received.begin() + static_cast<int64_t>(code.outputs.size());
    gradients.outputs.assign(received.begin(), middle);
    gradients.states.assign(middle, received.end());
    Wanted wanted;
    for (int64_t i = 0; i < counts.sequences; ++i) {
      wanted.sequences.push_back(operands.sequences[i].requires_grad());
    }
    for (const Tensor& param : operands.params) wanted.params.push_back(param.requires_grad());
    const bool wasFused = ctx->saved_data["fused"].toBool();
    const std::optional<Plan> plan = wasFused ? fused::planFor(program, operands) : std::nullopt;
    TORCH_CHECK(plan.has_value() == wasFused,
                "recurrence: setSimd was called between a run and its backward");
    Gradients result = plan ? fused::backward(program, *plan, operands, saved, gradients, wanted)
                            : stepwise::backward(program, operands, saved, gradients, wanted);

    variable_list all_gradients = std::move(result.sequences);
    all_gradients.insert(all_gradients.end(), result.states.begin(), result.states.end());
    all_gradients.insert(all_gradients.end(), result.params.begin(), result.params.end());
    // Masks, and the three arguments that are no tensors.
    all_gradients.resize(given + 3);
    return all_gradients;
  }
};

}  // namespace

Tensors run(const Code& code, const Operands& operands) {
  const Program program = checked(code, operands);
  const Tensors all = joined(operands);
  const bool differentiated =
      c10::GradMode::is_enabled() && std::any_of(all.begin(), all.end(), [](const Tensor& tensor) {
        return tensor.requires_grad();
      });
  if (differentiated) {
    const Counts counts{program.sequences, program.states,
                        static_cast<int64_t>(operands.params.size()),
                        static_cast<int64_t>(operands.masks.size())};
    return OverTime::apply(at::TensorList(all), code, program, counts);
  }
  const c10::NoGradGuard noGrad;
  Forward result = forwardOf(program, fused::planFor(program, operands), operands, false);
  Tensors results = std::move(result.outputs);
  results.insert(results.end(), result.states.begin(), result.states.end());
  return results;
}

}  // namespace kernels::recurrence
