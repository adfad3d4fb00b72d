#include <ATen/native/CPUBlas.h>

#include "kernels/recurrence/fused.h"

namespace kernels::recurrence::fused {
namespace {

// Rows whose pre-activations are made at once: they stay in the first cache until they are read.
constexpr int64_t kRows = 64;

template <typename T>
class ForwardLoop {
 public:
  ForwardLoop(const Program& program, const Plan& plan, const Operands& operands, bool save)
      : program_(program), plan_(plan), operands_(operands), kernels_(kernelsFor<T>()) {
    const at::TensorOptions options = operands.states[0].options();
    const int64_t rows = program.rows();
    rows_.resize(program.slots());
    kept_.resize(program.slots());
    for (Slot slot = program.sequences; slot < program.slots(); ++slot) {
      if (!plan.made[slot]) continue;
      rows_[slot] = Rows<T>(program.examples, program.features[slot]);
      const bool output = std::count(program.outputs.begin(), program.outputs.end(), slot) > 0;
      if (output || (save && plan.kept[slot])) {
        kept_[slot] = at::empty({rows, program.features[slot]}, options);
      }
    }
    for (const Unit& unit : plan.units) {
      const Op& op = program.ops[unit.op];
      const int64_t half = program.features[op.output];
      const bool highway = op.kind == Kind::highway;
      activated_.push_back(save && highway ? at::empty({rows, 2 * half}, options) : Tensor());
      std::vector<Maps> maps;
      for (const Product& product : unit.products) {
        const Tensors parts = partsOf(program.ops[product.op], operands);
        maps.push_back({Panels<T>(parts, true, 0, half), Panels<T>(parts, true, half, 2 * half)});
      }
      maps_.push_back(std::move(maps));
    }
    for (const Tensor& state : operands.states) states_.push_back(at::empty_like(state));
  }

  Forward run() {
    runTogether(threadsFor(program_, plan_), [this](Member& member) { loop(member); });
    Forward result;
    for (const Slot output : program_.outputs) result.outputs.push_back(kept_[output]);
    result.states = std::move(states_);
    result.saved.assign(kept_.begin() + program_.sequences, kept_.end());
    result.saved.insert(result.saved.end(), activated_.begin(), activated_.end());
    return result;
  }

 private:
  // The two halves of a weight.
  struct Maps {
    Panels<T> gate;
    Panels<T> candidate;
  };

  void loop(Member& member) {
    for (std::vector<Maps>& maps : maps_) {
      for (Maps& pair : maps) {
        pair.gate.pack(member);
        pair.candidate.pack(member);
      }
    }
    for (int64_t i = 0; i < program_.states; ++i) {
      hand(member, program_.state(i), data<T>(operands_.states[i]), operands_.states[i].size(1), 0);
    }
    for (int64_t step = 0; step < program_.steps; ++step) {
      int64_t level = 0;
      for (size_t i = 0; i < plan_.units.size(); ++i) {
        const Unit& unit = plan_.units[i];
        if (unit.level > level) member.meet();
        level = unit.level;
        if (program_.ops[unit.op].kind == Kind::highway) {
          highway(member, i, step);
        } else {
          combine(member, unit, step);
        }
      }
      for (int64_t i = 0; i < program_.states; ++i) {
        const Rows<T>& next = rows_[program_.nexts[i]];
        if (step + 1 < program_.steps) {
          hand(member, program_.state(i), next.at(step), next.stride(), step + 1);
        } else {
          copy(member, states_[i].size(1), next.at(step), next.stride(), data<T>(states_[i]),
               states_[i].size(1), nullptr, 0);
        }
      }
    }
    if constexpr (!std::is_same_v<T, float>) at::native::cpublas::brgemm_release();
  }

  // A state's value at a time step.
  void hand(const Member& member, Slot state, const T* from, int64_t stride, int64_t step) {
    const Rows<T>& to = rows_[state];
    copy(member, program_.features[state], from, stride, to.at(step), to.stride(),
         stepOf<T>(kept_[state], step, program_), strideOf(kept_[state]));
  }

  void copy(const Member& member, int64_t features, const T* from, int64_t fromStride, T* to,
            int64_t toStride, T* kept, int64_t keptStride) {
    const Columns columns = own(features, member);
    const T* source = from + columns.begin;
    kernels_.combine({program_.examples, columns.size(), &source, &fromStride, 1, 1.0f, nullptr, 0,
                      to + columns.begin, toStride,
                      kept == nullptr ? nullptr : kept + columns.begin, keptStride});
  }

  void combine(const Member& member, const Unit& unit, int64_t step) {
    const Op& op = program_.ops[unit.op];
    const Columns columns = own(program_.features[op.output], member);
    std::vector<const T*> inputs;
    std::vector<int64_t> strides;
    for (const Slot input : op.inputs) {
      inputs.push_back(rows_[input].at(step) + columns.begin);
      strides.push_back(rows_[input].stride());
    }
    const bool mean = op.kind == Kind::mean;
    const T* factor = nullptr;
    int64_t factorStride = 0;
    if (op.kind == Kind::mask) {
      const Tensor& mask = operands_.masks[op.params[0]];
      factor = maskOf<T>(mask, step, program_) + columns.begin;
      factorStride = mask.size(1);
    }
    T* kept = stepOf<T>(kept_[op.output], step, program_);
    kernels_.combine({program_.examples, columns.size(), inputs.data(), strides.data(),
                      static_cast<int64_t>(inputs.size()),
                      mean ? 1.0f / static_cast<float>(inputs.size()) : 1.0f, factor, factorStride,
                      rows_[op.output].at(step) + columns.begin, rows_[op.output].stride(),
                      kept == nullptr ? nullptr : kept + columns.begin,
                      strideOf(kept_[op.output])});
  }

  void highway(const Member& member, size_t index, int64_t step) {
    const Unit& unit = plan_.units[index];
    const Op& op = program_.ops[unit.op];
    const int64_t half = program_.features[op.output];
    const Columns columns = own(half, member);
    alignas(64) float gate[kRows * kPanel];
    alignas(64) float candidate[kRows * kPanel];
    std::vector<const T*> addends(unit.addends.size());
    T* activated = stepOf<T>(activated_[index], step, program_);
    T* kept = stepOf<T>(kept_[op.output], step, program_);
    const Rows<T>& result = rows_[op.output];
    const bool carries = op.inputs.size() == 2;
    for (int64_t column = columns.begin; column < columns.end; column += kPanel) {
      const int64_t width = std::min(kPanel, columns.end - column);
      for (int64_t row = 0; row < program_.examples; row += kRows) {
        const int64_t rows = std::min(kRows, program_.examples - row);
        multiply(index, step, column / kPanel, row, rows, gate, candidate);
        for (size_t i = 0; i < addends.size(); ++i) {
          addends[i] = stepOf<T>(operands_.sequences[unit.addends[i]], step, program_) +
                       row * 2 * half + column;
        }
        const auto at = [&](T* first, int64_t stride) {
          return first == nullptr ? nullptr : first + row * stride + column;
        };
        const int64_t carryStride = carries ? rows_[op.inputs[1]].stride() : 0;
        kernels_.highwayForward(
            {rows, width, static_cast<Highway>(op.activation), gate, candidate, kPanel,
             addends.data(), static_cast<int64_t>(addends.size()), 2 * half,
             carries ? at(rows_[op.inputs[1]].at(step), carryStride) : nullptr, carryStride, half,
             at(activated, 2 * half), 2 * half, at(result.at(step), result.stride()),
             result.stride(), at(kept, half), half});
      }
    }
  }

  void multiply(size_t index, int64_t step, int64_t panel, int64_t row, int64_t rows, float* gate,
                float* candidate) {
    const Unit& unit = plan_.units[index];
    if (unit.products.empty()) {
      std::fill_n(gate, rows * kPanel, 0.0f);
      std::fill_n(candidate, rows * kPanel, 0.0f);
    }
    for (size_t i = 0; i < unit.products.size(); ++i) {
      const Rows<T>& input = rows_[unit.products[i].input];
      const T* a = input.at(step) + row * input.stride();
      maps_[index][i].gate.multiply(panel, a, input.stride(), rows, i > 0, gate, kPanel);
      maps_[index][i].candidate.multiply(panel, a, input.stride(), rows, i > 0, candidate, kPanel);
    }
  }

  const Program& program_;
  const Plan& plan_;
  const Operands& operands_;
  const RecurrenceTable<T>& kernels_;
  // Of each slot.
  std::vector<Rows<T>> rows_;
  Tensors kept_;
  // Of each unit.
  Tensors activated_;
  std::vector<std::vector<Maps>> maps_;
  Tensors states_;
};

}  // namespace

Forward forward(const Program& program, const Plan& plan, const Operands& operands, bool save) {
  const Operands whole = contiguous(operands);
  return program.dtype == at::kFloat ? ForwardLoop<float>(program, plan, whole, save).run()
                                     : ForwardLoop<Bf16>(program, plan, whole, save).run();
}

Operands contiguous(const Operands& operands) {
  Operands whole = operands;
  for (Tensors* group : {&whole.sequences, &whole.states, &whole.params, &whole.masks}) {
    for (Tensor& tensor : *group) tensor = tensor.contiguous();
  }
  return whole;
}

std::optional<Plan> planFor(const Program& program, const Operands& operands) {
  const bool bf16 = program.dtype == at::kBFloat16;
  if (!program.device.is_cpu() || recurrenceKernels() == nullptr) return std::nullopt;
  if (program.dtype != at::kFloat && !bf16) return std::nullopt;
  if (bf16 && !at::native::cpublas::could_pack(at::kBFloat16)) return std::nullopt;
  for (const Op& op : program.ops) {
    if (op.kind != Kind::linear) continue;
    const at::ScalarType dtype = operands.params[op.params[0]].scalar_type();
    if (dtype != at::kFloat && dtype != program.dtype) return std::nullopt;
    for (const int64_t param : op.params) {
      if (operands.params[param].scalar_type() != dtype) return std::nullopt;
    }
  }
  return planOf(program);
}

}  // namespace kernels::recurrence::fused
