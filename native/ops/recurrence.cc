#include "kernels/recurrence/recurrence.h"

#include "ops/register.h"

namespace ops {
namespace {

using Numbers = std::vector<int64_t>;
using Tensors = std::vector<at::Tensor>;

}  // namespace

void registerRecurrence(binding::Exports& e) {
  e.op<[](int64_t steps, const Numbers& ops, const std::vector<double>& reals, const Numbers& nexts,
          const Numbers& outputs, const Tensors& sequences, const Tensors& states,
          const Tensors& params, const Tensors& masks) {
    return kernels::recurrence::run({steps, ops, reals, nexts, outputs},
                                    {sequences, states, params, masks});
  }>("recurrence(steps, ops, reals, nexts, outputs, sequences, states, params, masks)");
}

}  // namespace ops
