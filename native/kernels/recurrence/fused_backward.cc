#include <ATen/native/CPUBlas.h>

#include "kernels/recurrence/fused.h"

namespace kernels::recurrence::fused {
namespace {

template <typename T>
class BackwardLoop {
 public:
  BackwardLoop(const Program& program, const Plan& plan, const Operands& operands,
               const Tensors& saved, const Received& received)
      : program_(program),
        plan_(plan),
        operands_(operands),
        received_(received),
        kernels_(kernelsFor<T>()) {
    const int64_t slots = program.slots() - program.sequences;
    kept_.resize(program.sequences);
    kept_.insert(kept_.end(), saved.begin(), saved.begin() + slots);
    activated_.assign(saved.begin() + slots, saved.end());
    gradients_.resize(program.slots());
    for (Slot slot = program.sequences; slot < program.slots(); ++slot) {
      if (plan.made[slot]) gradients_[slot] = Rows<float>(program.examples, program.features[slot]);
    }
    for (const Unit& unit : plan.units) {
      const Op& op = program.ops[unit.op];
      const bool highway = op.kind == Kind::highway;
      const int64_t pre = 2 * program.features[op.output];
      preRows_.push_back(highway ? Rows<T>(program.examples, pre) : Rows<T>());
      pre_.push_back(highway ? at::empty({program.rows(), pre}, operands.states[0].options())
                             : Tensor());
      std::vector<Panels<T>> maps;
      for (const Product& product : unit.products) {
        maps.emplace_back(partsOf(program.ops[product.op], operands), false, 0,
                          program.features[product.input]);
      }
      maps_.push_back(std::move(maps));
    }
  }

  Gradients run(const Wanted& wanted) {
    runTogether(threadsFor(program_, plan_), [this](Member& member) { loop(member); });
    Gradients result;
    for (int64_t i = 0; i < program_.states; ++i) {
      const Rows<float>& gradient = gradients_[program_.state(i)];
      const Tensor& state = operands_.states[i];
      const Tensor initial =
          at::from_blob(gradient.at(0), state.sizes(), {gradient.stride(), 1}, at::kFloat);
      // A copy in either dtype: the memory is the loop's.
      result.states.push_back(initial.to(state.scalar_type(), false, true));
    }
    result.sequences.resize(operands_.sequences.size());
    result.params.resize(operands_.params.size());
    for (size_t i = 0; i < plan_.units.size(); ++i) {
      for (const Slot addend : plan_.units[i].addends) result.sequences[addend] = pre_[i];
      for (const Product& product : plan_.units[i].products) {
        addLinearGradients(program_.ops[product.op], kept_[product.input], pre_[i], operands_,
                           wanted, result.params);
      }
    }
    return result;
  }

 private:
  // Which slots have had a gradient at this time step: what comes first is not added but written.
  // Every member keeps its own and comes to the same.
  using Begun = std::vector<char>;

  void loop(Member& member) {
    for (std::vector<Panels<T>>& maps : maps_) {
      for (Panels<T>& map : maps) map.pack(member);
    }
    Begun begun(program_.slots(), 0);
    for (int64_t step = program_.steps - 1; step >= 0; --step) {
      begun = receive(member, begun, step);
      size_t end = plan_.units.size();
      while (end > 0) {
        size_t begin = end;
        while (begin > 0 && plan_.units[begin - 1].level == plan_.units[end - 1].level) --begin;
        bool products = false;
        for (size_t i = end; i-- > begin;) {
          throughUnit(member, i, step, begun);
          products = products || !plan_.units[i].products.empty();
        }
        if (products) member.meet();
        for (size_t i = end; i-- > begin;) multiply(member, i, step, begun);
        end = begin;
      }
    }
    for (int64_t i = 0; i < program_.states; ++i) require(member, program_.state(i), 0, begun);
    if constexpr (!std::is_same_v<T, float>) at::native::cpublas::brgemm_release();
  }

  // What reaches a time step from outside of it.
  Begun receive(const Member& member, const Begun& later, int64_t step) {
    Begun begun(program_.slots(), 0);
    for (size_t i = 0; i < program_.outputs.size(); ++i) {
      const Tensor& gradient = received_.outputs[i];
      if (gradient.defined()) {
        receiveKept(member, program_.outputs[i], stepOf<T>(gradient, step, program_), step, begun);
      }
    }
    for (int64_t i = 0; i < program_.states; ++i) {
      const Slot next = program_.nexts[i];
      if (step == program_.steps - 1) {
        const Tensor& gradient = received_.states[i];
        if (gradient.defined()) receiveKept(member, next, data<T>(gradient), step, begun);
      } else if (later[program_.state(i)]) {
        contribute(member, program_.state(i), step + 1, next, step, 1.0f, nullptr, 0, begun);
      }
    }
    return begun;
  }

  void receiveKept(const Member& member, Slot slot, const T* from, int64_t step, Begun& begun) {
    const int64_t features = program_.features[slot];
    const Columns columns = own(features, member);
    const Rows<float>& to = gradients_[slot];
    kernels_.contributeKept({program_.examples, columns.size(), from + columns.begin, features,
                             1.0f, nullptr, 0, to.at(step) + columns.begin, to.stride(),
                             begun[slot] == 0});
    begun[slot] = 1;
  }

  void contribute(const Member& member, Slot from, int64_t fromStep, Slot to, int64_t step,
                  float scale, const T* factor, int64_t factorStride, Begun& begun) {
    const Columns columns = own(program_.features[to], member);
    kernels_.contribute({program_.examples, columns.size(),
                         gradients_[from].at(fromStep) + columns.begin, gradients_[from].stride(),
                         scale, factor == nullptr ? nullptr : factor + columns.begin, factorStride,
                         gradients_[to].at(step) + columns.begin, gradients_[to].stride(),
                         begun[to] == 0});
    begun[to] = 1;
  }

  // Zeros where nothing has come.
  void require(const Member& member, Slot slot, int64_t step, Begun& begun) {
    if (begun[slot] != 0) return;
    const Columns columns = own(program_.features[slot], member);
    const Rows<float>& rows = gradients_[slot];
    for (int64_t row = 0; row < program_.examples; ++row) {
      std::fill_n(rows.at(step) + row * rows.stride() + columns.begin, columns.size(), 0.0f);
    }
    begun[slot] = 1;
  }

  void throughUnit(const Member& member, size_t index, int64_t step, Begun& begun) {
    const Op& op = program_.ops[plan_.units[index].op];
    require(member, op.output, step, begun);
    switch (op.kind) {
      case Kind::highway:
        throughHighway(member, index, step, begun);
        return;
      case Kind::mask: {
        const Tensor& mask = operands_.masks[op.params[0]];
        contribute(member, op.output, step, op.inputs[0], step, 1.0f,
                   maskOf<T>(mask, step, program_), mask.size(1), begun);
        return;
      }
      default: {
        const float share = op.kind == Kind::mean ? static_cast<float>(op.inputs.size()) : 1.0f;
        for (const Slot input : op.inputs) {
          contribute(member, op.output, step, input, step, 1.0f / share, nullptr, 0, begun);
        }
      }
    }
  }

  void throughHighway(const Member& member, size_t index, int64_t step, Begun& begun) {
    const Op& op = program_.ops[plan_.units[index].op];
    const int64_t half = program_.features[op.output];
    const Columns columns = own(half, member);
    const Rows<float>& gradient = gradients_[op.output];
    HighwayBackward<T, float> a{};
    a.rows = program_.examples;
    a.columns = columns.size();
    a.activation = static_cast<Highway>(op.activation);
    a.gradient = gradient.at(step) + columns.begin;
    a.gradientStride = gradient.stride();
    a.activated = stepOf<T>(activated_[index], step, program_) + columns.begin;
    a.activatedStride = 2 * half;
    a.half = half;
    a.pre = preRows_[index].at(step) + columns.begin;
    a.preStride = preRows_[index].stride();
    a.keptPre = stepOf<T>(pre_[index], step, program_) + columns.begin;
    a.keptPreStride = 2 * half;
    if (op.inputs.size() == 2) {
      const Slot carry = op.inputs[1];
      a.carry = stepOf<T>(kept_[carry], step, program_) + columns.begin;
      a.carryStride = half;
      a.carryGradient = gradients_[carry].at(step) + columns.begin;
      a.carryGradientStride = gradients_[carry].stride();
      a.first = begun[carry] == 0;
      begun[carry] = 1;
    }
    kernels_.highwayBackward(a);
  }

  void multiply(const Member& member, size_t index, int64_t step, Begun& begun) {
    const Unit& unit = plan_.units[index];
    const Rows<T>& pre = preRows_[index];
    for (size_t i = 0; i < unit.products.size(); ++i) {
      const Slot input = unit.products[i].input;
      const Columns columns = own(program_.features[input], member);
      const Rows<float>& to = gradients_[input];
      for (int64_t column = columns.begin; column < columns.end; column += kPanel) {
        maps_[index][i].multiply(column / kPanel, pre.at(step), pre.stride(), program_.examples,
                                 begun[input] != 0, to.at(step) + column, to.stride());
      }
      begun[input] = 1;
    }
  }

  const Program& program_;
  const Plan& plan_;
  const Operands& operands_;
  const Received& received_;
  const RecurrenceTable<T>& kernels_;
  // Of each slot.
  Tensors kept_;
  std::vector<Rows<float>> gradients_;
  // Of each unit.
  Tensors activated_;
  std::vector<Rows<T>> preRows_;
  Tensors pre_;
  std::vector<std::vector<Panels<T>>> maps_;
};

}  // namespace

Gradients backward(const Program& program, const Plan& plan, const Operands& operands,
                   const Tensors& saved, const Received& received, const Wanted& wanted) {
  const Operands whole = contiguous(operands);
  Received dense = received;
  for (Tensors* group : {&dense.outputs, &dense.states}) {
    for (Tensor& gradient : *group) {
      if (gradient.defined()) gradient = gradient.to(program.dtype).contiguous();
    }
  }
  return program.dtype == at::kFloat
             ? BackwardLoop<float>(program, plan, whole, saved, dense).run(wanted)
             : BackwardLoop<Bf16>(program, plan, whole, saved, dense).run(wanted);
}

}  // namespace kernels::recurrence::fused
