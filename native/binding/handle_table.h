#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace binding {

// A tensor as JavaScript holds it: a double with a slot number in the low 26 bits and the slot's
// generation above. A number costs 100 ns where an ObjectWrap costs 1,750, and because a released
// slot gets a new generation, a stale handle is an error and never another tensor.
using Handle = double;

class HandleTable {
 public:
  ~HandleTable();

  Handle insert(at::Tensor tensor);

  // The tensor behind a handle, or null when the handle is stale or was never one.
  at::Tensor* find(Handle handle) {
    Slot* slot = slotOf(handle);
    return slot == nullptr ? nullptr : &slot->tensor;
  }

  // False for the numbers a person would pass by mistake; a stale handle still looks like one.
  // Generations start at 1, so every handle is at least kSlots. NaN fails the first comparison.
  static bool looksLikeHandle(Handle handle) {
    return handle >= kSlots && handle < 9007199254740992.0;
  }

  // Does nothing when the handle is stale: both a scope and a finalizer may come late.
  void release(Handle handle);

  void beginScope();
  // Releases what was inserted since the matching beginScope, save `kept`, which pass to the scope
  // outside. Returns false when no scope is open.
  bool endScope(const std::vector<Handle>& kept);
  size_t scopeDepth() const { return scopeStarts_.size(); }

  size_t size() const { return live_; }
  std::vector<Handle> liveHandles() const;

 private:
  struct Slot {
    at::Tensor tensor;
    uint32_t generation = 0;
    bool kept = false;
  };

  static constexpr uint32_t kSlotBits = 26;
  static constexpr double kSlots = 1u << kSlotBits;

  static Handle pack(uint32_t slot, uint32_t generation) { return generation * kSlots + slot; }

  Slot* slotOf(Handle handle) {
    if (!looksLikeHandle(handle)) return nullptr;
    const auto bits = static_cast<uint64_t>(handle);
    const auto index = static_cast<uint32_t>(bits & ((1u << kSlotBits) - 1));
    if (index >= slots_.size()) return nullptr;
    Slot& slot = slots_[index];
    if (pack(index, slot.generation) != handle || !slot.tensor.defined()) return nullptr;
    return &slot;
  }

  bool hasHandle(const at::Tensor& tensor) const;

  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
  size_t live_ = 0;
  // Everything inserted while a scope is open, innermost last; a scope is where it starts in here.
  std::vector<Handle> scoped_;
  std::vector<size_t> scopeStarts_;
};

}  // namespace binding
