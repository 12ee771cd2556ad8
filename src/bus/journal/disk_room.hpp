// What the disk can still take: told by the writer and the segment supply, asked by every append.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <limits>

namespace nip::bus::journal {

/// Thread-safe. Records that wait to be written must fit into one of the two places as a whole, so
/// that nothing is taken that cannot be written.
struct disk_room {
  static constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();

  std::atomic<std::uint64_t> active{0};        ///< bytes left in the segment being written
  std::atomic<std::uint64_t> next{unlimited};  ///< bytes that the segments after it can hold

  std::uint64_t bytes() const noexcept {
    return std::max(active.load(std::memory_order_relaxed), next.load(std::memory_order_relaxed));
  }
};

}  // namespace nip::bus::journal
