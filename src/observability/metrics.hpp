// Numbers that one thread counts and any thread reads: counters and gauges.
#pragma once

#include <atomic>
#include <cstdint>

namespace nip::observability {

/// Rises only. One thread adds (a plain load and store, no locked instruction); any thread reads.
/// Rooms own their counters as members, one set a shard, and sum them in their collect().
class counter {
 public:
  void add(std::uint64_t amount = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
  std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// Goes up and down. One thread writes, any thread reads.
class gauge {
 public:
  void set(std::int64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }
  void add(std::int64_t amount) noexcept { set(value() + amount); }
  std::int64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

}  // namespace nip::observability
