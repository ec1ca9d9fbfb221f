#include "environment.h"

namespace hearth {
namespace {

// A handle is generation * 2^21 + slot + 1: an exact double below 2^52, never 0.
constexpr int64_t kSlots = int64_t{1} << 21;
constexpr int64_t kGenerations = int64_t{1} << 31;

}  // namespace

int64_t HandleTable::add(HandleKind kind, void* object) {
  if (free_.empty()) {
    if (static_cast<int64_t>(slots_.size()) >= kSlots - 1) return 0;
    slots_.push_back(Slot());
    free_.reserve(slots_.size());  // So that take() cannot fail.
    free_.push_back(slots_.size() - 1);
  }
  const size_t index = free_.back();
  free_.pop_back();
  slots_[index].kind = kind;
  slots_[index].object = object;
  live_++;
  return slots_[index].generation * kSlots + static_cast<int64_t>(index) + 1;
}

const HandleTable::Slot* HandleTable::slot_of(HandleKind kind, double handle) const {
  if (!(handle >= 1 && handle < static_cast<double>(kGenerations * kSlots))) return nullptr;
  const int64_t number = static_cast<int64_t>(handle);
  const int64_t index = number % kSlots - 1;
  const bool is_slot = index >= 0 && index < static_cast<int64_t>(slots_.size());
  if (static_cast<double>(number) != handle || !is_slot) return nullptr;
  const Slot& slot = slots_[static_cast<size_t>(index)];
  return slot.kind == kind && slot.generation == number / kSlots ? &slot : nullptr;
}

void* HandleTable::find(HandleKind kind, double handle) const {
  const Slot* slot = slot_of(kind, handle);
  return slot == nullptr ? nullptr : slot->object;
}

void* HandleTable::take(HandleKind kind, double handle) {
  const Slot* found = slot_of(kind, handle);
  if (found == nullptr) return nullptr;
  const size_t index = static_cast<size_t>(found - slots_.data());
  Slot& slot = slots_[index];
  void* object = slot.object;
  slot.kind = HandleKind::None;
  slot.object = nullptr;
  slot.generation++;
  live_--;
  // A slot whose generations are used up is never given out again.
  if (slot.generation < kGenerations) free_.push_back(index);
  return object;
}

}  // namespace hearth
