#include "plugin/native/slots.hpp"

namespace nip::plugin::native {

namespace {

constexpr std::uint32_t phase_mask = 3;

}  // namespace

slots::slots(std::uint32_t capacity) : capacity_(capacity), table_(new slot[capacity]) {
  free_.reserve(capacity);
  for (std::uint32_t i = capacity; i > 0; --i) free_.push_back(i - 1);
}

std::optional<slots::token_t> slots::open(waiter who) {
  if (free_.empty() && !refill()) return std::nullopt;
  const std::uint32_t index = free_.back();
  free_.pop_back();
  slot& it = table_[index];
  const std::uint32_t use = (it.state.load(std::memory_order_relaxed) | phase_mask) + 1;
  it.to.store(who.to, std::memory_order_relaxed);
  it.token.store(who.token, std::memory_order_relaxed);
  it.state.store(use | running, std::memory_order_release);
  opened_.add();
  return token_t{use} << 32 | index;
}

bool slots::is_running(token_t token) const noexcept {
  std::uint32_t use = 0;
  return find_slot(token, use)->state.load(std::memory_order_relaxed) == (use | running);
}

bool slots::close(token_t token) {
  std::uint32_t use = 0;
  slot* it = find_slot(token, use);
  std::uint32_t expected = use | running;
  const bool mine =
      it->state.compare_exchange_strong(expected, use | free, std::memory_order_acq_rel);
  if (!mine) it->state.store(use | free, std::memory_order_relaxed);  // it was claimed_early
  give_back_here(static_cast<std::uint32_t>(token));
  return mine;
}

bool slots::park(token_t token, message::message_ptr message) {
  std::uint32_t use = 0;
  slot* it = find_slot(token, use);
  it->message = std::move(message);
  std::uint32_t expected = use | running;
  if (it->state.compare_exchange_strong(expected, use | parked, std::memory_order_acq_rel))
    return true;
  it->message.reset();
  it->state.store(use | free, std::memory_order_relaxed);
  give_back_here(static_cast<std::uint32_t>(token));
  return false;
}

std::optional<slots::waiter> slots::claim(token_t token) {
  std::uint32_t use = 0;
  slot* it = find_slot(token, use);
  if (it == nullptr) return std::nullopt;
  const waiter who{it->to.load(std::memory_order_relaxed),
                   it->token.load(std::memory_order_relaxed)};
  std::uint32_t expected = use | running;
  if (it->state.compare_exchange_strong(expected, use | claimed_early, std::memory_order_acq_rel))
    return who;  // the owner is still inside handle, and frees the slot when it is back
  // handle may return and park it between the two attempts; that is the second one's case.
  expected = use | parked;
  if (!it->state.compare_exchange_strong(expected, use | claimed_early, std::memory_order_acq_rel))
    return std::nullopt;
  it->message.reset();
  it->state.store(use | free, std::memory_order_release);
  give_back_anywhere(static_cast<std::uint32_t>(token));
  return who;
}

std::optional<slots::token_t> slots::find(waiter who) const {
  for (std::uint32_t i = 0; i < capacity_; ++i) {
    const slot& it = table_[i];
    const std::uint32_t state = it.state.load(std::memory_order_acquire);
    const std::uint32_t now = state & phase_mask;
    if (now != running && now != parked) continue;
    if (it.to.load(std::memory_order_relaxed) == who.to &&
        it.token.load(std::memory_order_relaxed) == who.token)
      return token_t{state & ~phase_mask} << 32 | i;
  }
  return std::nullopt;
}

std::optional<slots::waiter> slots::claim_any(const inbox* to) {
  for (std::uint32_t i = 0; i < capacity_ && in_use() > 0; ++i) {
    const std::uint32_t state = table_[i].state.load(std::memory_order_acquire);
    if ((state & phase_mask) != parked || table_[i].to.load(std::memory_order_relaxed) != to)
      continue;
    if (auto who = claim(token_t{state & ~phase_mask} << 32 | i)) return who;
  }
  return std::nullopt;
}

slots::slot* slots::find_slot(token_t token, std::uint32_t& use) const noexcept {
  const auto index = static_cast<std::uint32_t>(token);
  use = static_cast<std::uint32_t>(token >> 32);
  return index < capacity_ && (use & phase_mask) == 0 ? &table_[index] : nullptr;
}

bool slots::refill() {
  std::uint32_t head = returned_.exchange(0, std::memory_order_acquire);
  for (; head != 0; head = table_[head - 1].next.load(std::memory_order_relaxed))
    free_.push_back(head - 1);
  return !free_.empty();
}

void slots::give_back_here(std::uint32_t index) noexcept {
  free_.push_back(index);  // never allocates: capacity was reserved for all
  closed_.add();
}

void slots::give_back_anywhere(std::uint32_t index) noexcept {
  // Before the owner can find the slot and open it again.
  claimed_.fetch_add(1, std::memory_order_relaxed);
  std::uint32_t head = returned_.load(std::memory_order_relaxed);
  do {
    table_[index].next.store(head, std::memory_order_relaxed);
  } while (!returned_.compare_exchange_weak(head, index + 1, std::memory_order_release,
                                            std::memory_order_relaxed));
}

}  // namespace nip::plugin::native
