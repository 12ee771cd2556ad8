// The open deliveries of one plugin object, found again by the token that the plugin was given.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "message/message.hpp"
#include "observability/metrics.hpp"

namespace nip::plugin::native {

class inbox;

/// A fixed table. The owner (the thread that runs handle) opens, closes and parks; any thread may
/// claim. A claim wins once: whoever gets it reports the outcome. Tokens carry the slot's use
/// count, so that a late or repeated one is recognised until 2^30 uses of the same slot later.
class slots {
 public:
  using token_t = std::uint64_t;

  explicit slots(std::uint32_t capacity);

  /// Who waits for a delivery, and by which token it calls it.
  struct waiter {
    inbox* to = nullptr;
    std::uint64_t token = 0;
  };

  /// [owner] A slot for a delivery that is about to be handled; nullopt when all are open.
  std::optional<token_t> open(waiter who);
  /// [owner] False when it was claimed while handle runs.
  bool is_running(token_t token) const noexcept;
  /// [owner] After handle: the outcome is known. False when it was claimed meanwhile; closed either
  /// way.
  bool close(token_t token);
  /// [owner] After handle: it is pending, and `message` stays alive with it. False when it was
  /// claimed meanwhile, and is closed.
  bool park(token_t token, message::message_ptr message);
  /// [any thread] Takes the right to report it; nullopt when it is not open (any more).
  std::optional<waiter> claim(token_t token);
  /// [any thread] The token of what `who` waits for, while it is open.
  std::optional<token_t> find(waiter who) const;
  /// [owner] Claims everything open for `to`, one at a time; nullopt when there is no more.
  std::optional<waiter> claim_any(const inbox* to);

  std::uint32_t capacity() const noexcept { return capacity_; }
  /// Open ones; of another thread than the owner's, about so many.
  std::uint32_t in_use() const noexcept {
    const std::uint64_t closed = closed_.value() + claimed_.load(std::memory_order_relaxed);
    const std::uint64_t opened = opened_.value();
    if (opened <= closed) return 0;
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(opened - closed, capacity_));
  }

 private:
  enum phase : std::uint32_t { free, running, parked, claimed_early };
  struct slot {
    std::atomic<std::uint32_t> state{free};  // use count << 2 | phase
    std::atomic<std::uint32_t> next{0};      // index + 1 in the returned list
    std::atomic<inbox*> to{nullptr};
    std::atomic<std::uint64_t> token{0};
    message::message_ptr message;  // while parked; belongs to whoever ends that phase
  };

  slot* find_slot(token_t token, std::uint32_t& use) const noexcept;
  bool refill();
  void give_back_here(std::uint32_t index) noexcept;
  void give_back_anywhere(std::uint32_t index) noexcept;

  std::uint32_t capacity_;
  std::unique_ptr<slot[]> table_;
  std::vector<std::uint32_t> free_;         // the owner's
  std::atomic<std::uint32_t> returned_{0};  // list of what others freed, index + 1
  // The owner counts by plain stores: a locked instruction each would be felt on every message.
  observability::counter opened_;
  observability::counter closed_;
  std::atomic<std::uint64_t> claimed_{0};  ///< closed by whoever claimed them
};

}  // namespace nip::plugin::native
