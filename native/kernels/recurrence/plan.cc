#include "kernels/recurrence/plan.h"

#include <algorithm>

namespace kernels::recurrence {
namespace {

class Planner {
 public:
  explicit Planner(const Program& program)
      : program_(program), readers_(program.slots(), 0), fused_(program.ops.size(), false) {
    for (const Op& op : program.ops) {
      for (const Slot input : op.inputs) ++readers_[input];
    }
    // What is given out, or is a state's next value, has to be made.
    for (const Slot slot : program.outputs) readers_[slot] += 2;
    for (const Slot slot : program.nexts) readers_[slot] += 2;
  }

  std::optional<Plan> plan() {
    for (const Slot next : program_.nexts) {
      if (next < program_.sequences) return std::nullopt;
    }
    plan_.kept.assign(program_.slots(), false);
    plan_.made.assign(program_.slots(), false);
    for (int64_t i = 0; i < program_.states; ++i) plan_.made[program_.state(i)] = true;
    // From the last on, so that a highway unit takes its products before they are looked at.
    for (size_t i = program_.ops.size(); i-- > 0;) {
      if (!fused_[i] && !take(i)) return std::nullopt;
    }
    std::reverse(plan_.units.begin(), plan_.units.end());
    if (!setLevels()) return std::nullopt;
    for (const Slot output : program_.outputs) plan_.kept[output] = true;
    return std::move(plan_);
  }

 private:
  bool take(size_t index) {
    const Op& op = program_.ops[index];
    Unit unit{index, 0, {}, {}};
    switch (op.kind) {
      case Kind::highway:
        if (!collect(op.inputs[0], unit)) return false;
        if (op.inputs.size() == 2) plan_.kept[op.inputs[1]] = true;
        break;
      case Kind::add:
      case Kind::mean:
      case Kind::mask:
        break;
      case Kind::linear:
      case Kind::relu:
      case Kind::batchNorm:
        return false;
    }
    plan_.made[op.output] = true;
    plan_.units.push_back(std::move(unit));
    return true;
  }

  // The terms of a sum that only one unit reads.
  bool collect(Slot slot, Unit& unit) {
    if (readers_[slot] != 1) return false;
    if (slot < program_.sequences) {
      unit.addends.push_back(slot);
      return true;
    }
    if (program_.isState(slot)) return false;
    const size_t index = static_cast<size_t>(slot - program_.sequences - program_.states);
    const Op& op = program_.ops[index];
    fused_[index] = true;
    if (op.kind == Kind::linear) {
      unit.products.push_back({op.inputs[0], index});
      plan_.kept[op.inputs[0]] = true;
      return true;
    }
    return op.kind == Kind::add && std::all_of(op.inputs.begin(), op.inputs.end(),
                                               [&](Slot input) { return collect(input, unit); });
  }

  // False where a unit reads what is not made: a sequence other than as an addend.
  bool setLevels() {
    std::vector<int64_t> levels(program_.slots(), 0);
    for (Unit& unit : plan_.units) {
      const Op& op = program_.ops[unit.op];
      const size_t first = op.kind == Kind::highway ? 1 : 0;
      for (size_t i = first; i < op.inputs.size(); ++i) {
        if (!plan_.made[op.inputs[i]]) return false;
        unit.level = std::max(unit.level, levels[op.inputs[i]]);
      }
      for (const Product& product : unit.products) {
        if (!plan_.made[product.input]) return false;
        unit.level = std::max(unit.level, levels[product.input] + 1);
      }
      levels[op.output] = unit.level;
      plan_.levels = std::max(plan_.levels, unit.level + 1);
    }
    std::stable_sort(plan_.units.begin(), plan_.units.end(),
                     [](const Unit& a, const Unit& b) { return a.level < b.level; });
    return true;
  }

  const Program& program_;
  Plan plan_;
  std::vector<int64_t> readers_;
  std::vector<bool> fused_;
};

}  // namespace

std::optional<Plan> planOf(const Program& program) { return Planner(program).plan(); }

}  // namespace kernels::recurrence
