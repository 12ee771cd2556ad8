// How many connections the process has, in all and from each address: the bounds span the shards.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace nip::gateway {

/// One a process; thread-safe. Asked at accept and close, never for a message.
class connection_census {
 public:
  /// Bounds of 0 are none.
  connection_census(std::uint32_t connections_max, std::uint32_t per_address_max)
      : connections_max_(connections_max), per_address_max_(per_address_max) {}

  /// The bound that lets no more in.
  enum class full : std::uint8_t { no, connections, of_address };

  /// Counts a new connection in; nothing is counted when a bound is reached.
  full enter(std::string_view address) {
    if (total_.fetch_add(1, std::memory_order_relaxed) >= connections_max_ &&
        connections_max_ != 0) {
      total_.fetch_sub(1, std::memory_order_relaxed);
      return full::connections;
    }
    if (per_address_max_ == 0 || enter_address(address)) return full::no;
    total_.fetch_sub(1, std::memory_order_relaxed);
    return full::of_address;
  }

  void leave(std::string_view address) {
    total_.fetch_sub(1, std::memory_order_relaxed);
    if (per_address_max_ == 0) return;
    const std::lock_guard hold(lock_);
    const auto at = by_address_.find(address);
    if (at != by_address_.end() && --at->second == 0) by_address_.erase(at);
  }

  std::uint32_t total() const { return total_.load(std::memory_order_relaxed); }

 private:
  bool enter_address(std::string_view address) {
    const std::lock_guard hold(lock_);
    auto at = by_address_.find(address);
    if (at == by_address_.end()) at = by_address_.emplace(std::string(address), 0).first;
    if (at->second >= per_address_max_) return false;
    ++at->second;
    return true;
  }

  const std::uint32_t connections_max_;
  const std::uint32_t per_address_max_;
  std::atomic<std::uint32_t> total_{0};
  std::mutex lock_;
  std::map<std::string, std::uint32_t, std::less<>> by_address_;
};

}  // namespace nip::gateway
