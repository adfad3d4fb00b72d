#include "binding/handle_table.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace binding {
namespace {

// 53 bits of a double less the slot's. A slot whose generations are used up is never used again.
constexpr uint32_t kLastGeneration = (1u << 27) - 1;

// A gradient with a graph of its own (createGraph) leads to the tensor it is the gradient of, which
// holds it: neither would ever be freed.
bool mayHoldItself(const at::Tensor& tensor) {
  const at::Tensor& grad = std::as_const(*tensor.unsafeGetTensorImpl()).grad();
  return grad.defined() && grad.requires_grad();
}

}  // namespace

HandleTable::~HandleTable() {
  for (const Handle handle : liveHandles()) release(handle);
}

Handle HandleTable::insert(at::Tensor tensor) {
  uint32_t index;
  if (free_.empty()) {
    if (slots_.size() >= static_cast<size_t>(kSlots)) {
      throw std::length_error("too many live tensors: 67,108,864 handles are in use");
    }
    index = static_cast<uint32_t>(slots_.size());
    slots_.emplace_back();
    // Generation 0 is never handed out, so small integers that are no handles stay invalid.
    slots_[index].generation = 1;
  } else {
    index = free_.back();
    free_.pop_back();
  }
  Slot& slot = slots_[index];
  slot.tensor = std::move(tensor);
  ++live_;
  const Handle handle = pack(index, slot.generation);
  if (!scopeStarts_.empty()) scoped_.push_back(handle);
  return handle;
}

void HandleTable::release(Handle handle) {
  Slot* slot = slotOf(handle);
  if (slot == nullptr) return;
  // Moved out first: dropping the last reference of an autograd graph frees other tensors, and the
  // table must be consistent by then.
  const at::Tensor dropped = std::move(slot->tensor);
  slot->tensor = at::Tensor();
  slot->kept = false;
  --live_;
  if (slot->generation < kLastGeneration) {
    ++slot->generation;
    free_.push_back(static_cast<uint32_t>(slot - slots_.data()));
  }
  // Nobody can ask for the gradient any more.
  if (mayHoldItself(dropped) && !hasHandle(dropped)) dropped.mutable_grad().reset();
}

bool HandleTable::hasHandle(const at::Tensor& tensor) const {
  return std::any_of(slots_.begin(), slots_.end(),
                     [&](const Slot& slot) { return slot.tensor.is_same(tensor); });
}

void HandleTable::beginScope() { scopeStarts_.push_back(scoped_.size()); }

bool HandleTable::endScope(const std::vector<Handle>& kept) {
  if (scopeStarts_.empty()) return false;
  const size_t start = scopeStarts_.back();
  scopeStarts_.pop_back();
  for (const Handle handle : kept) {
    if (Slot* slot = slotOf(handle)) slot->kept = true;
  }
  size_t survivors = start;
  for (size_t i = start; i < scoped_.size(); ++i) {
    const Handle handle = scoped_[i];
    Slot* slot = slotOf(handle);
    if (slot == nullptr) continue;
    if (slot->kept) {
      if (!scopeStarts_.empty()) scoped_[survivors++] = handle;
    } else {
      release(handle);
    }
  }
  scoped_.resize(survivors);
  for (const Handle handle : kept) {
    if (Slot* slot = slotOf(handle)) slot->kept = false;
  }
  return true;
}

std::vector<Handle> HandleTable::liveHandles() const {
  std::vector<Handle> handles;
  handles.reserve(live_);
  for (size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].tensor.defined()) {
      handles.push_back(pack(static_cast<uint32_t>(i), slots_[i].generation));
    }
  }
  return handles;
}

}  // namespace binding
