// The process's byte budget for messages, leased to shards in chunks.
#pragma once

#include <atomic>
#include <cstdint>

#include "message/levels.hpp"

namespace nip::delivery {

/// One a process; any thread.
class memory_budget {
 public:
  explicit memory_budget(std::uint64_t bytes_max) : max_(static_cast<std::int64_t>(bytes_max)) {}
  std::int64_t max() const { return max_; }
  std::int64_t leased() const { return leased_.load(std::memory_order_relaxed); }
  bool take(std::int64_t bytes, std::int64_t bound) {
    if (leased_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= bound) return true;
    leased_.fetch_sub(bytes, std::memory_order_relaxed);
    return false;
  }
  void give_back(std::int64_t bytes) { leased_.fetch_sub(bytes, std::memory_order_relaxed); }

 private:
  const std::int64_t max_;
  std::atomic<std::int64_t> leased_{0};
};

/// A shard's part of it: touches the shared counter once a chunk. One shard's thread.
class memory_lease {
 public:
  static constexpr std::int64_t chunk = 256 << 10;

  explicit memory_lease(memory_budget& whole) : whole_(whole) {}
  ~memory_lease() { whole_.give_back(leased_); }
  memory_lease(const memory_lease&) = delete;
  memory_lease& operator=(const memory_lease&) = delete;

  /// Takes `bytes` for a message. Above 80 % of the whole budget `low` is refused, above 90 %
  /// `normal`, above 95 % `high`, and at 100 % everything.
  bool take(std::int64_t bytes, message::priority urgency) {
    const std::int64_t lacking = used_ + bytes - leased_;
    if (lacking > 0 && !extend(lacking, urgency)) return false;
    used_ += bytes;
    return true;
  }
  void give_back(std::int64_t bytes) {
    used_ -= bytes;
    const std::int64_t spare = leased_ - used_;
    if (spare <= 2 * chunk) return;
    // All but one chunk at once: a shard must not sit on what a burst of large messages took.
    const std::int64_t back = (spare / chunk - 1) * chunk;
    whole_.give_back(back);
    leased_ -= back;
  }
  /// Takes without asking: for what is accepted already (restart, emitted copies).
  void force(std::int64_t bytes) {
    used_ += bytes;
    while (leased_ < used_) {
      whole_.take(chunk, INT64_MAX);
      leased_ += chunk;
    }
  }
  std::int64_t used() const { return used_; }

 private:
  bool extend(std::int64_t lacking, message::priority urgency) {
    constexpr int percent[] = {80, 90, 95, 100};
    const std::int64_t bound = whole_.max() / 100 * percent[static_cast<unsigned>(urgency)];
    const std::int64_t more = (lacking + chunk - 1) / chunk * chunk;
    for (const std::int64_t bytes : {more, lacking})
      if (whole_.take(bytes, bound)) {
        leased_ += bytes;
        return true;
      }
    return false;
  }

  memory_budget& whole_;
  std::int64_t leased_ = 0;
  std::int64_t used_ = 0;
};

}  // namespace nip::delivery
