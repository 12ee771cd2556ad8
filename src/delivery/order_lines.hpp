// Keeps deliveries of one ordering key to one target one at a time, by journal sequence.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "delivery/target.hpp"

namespace nip::delivery {

/// A line for each (target, key) that is busy. One shard's thread; at most one entry an open
/// delivery.
class order_lines {
 public:
  /// True when `one` may run now; else it waits in line, before journaled ones with a higher seq.
  bool enter(delivery& one);
  /// Takes `one` out of line: it ended, or waits no more. Returns the next that may run, or null.
  delivery* leave(delivery& one);
  std::size_t size() const { return lines_.size(); }

 private:
  struct line {
    delivery* running = nullptr;
    delivery_list waiting;
  };
  std::unordered_map<std::uint64_t, line> lines_;
};

}  // namespace nip::delivery
