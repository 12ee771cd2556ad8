// Messages of one shard that are to be delivered later: when, and which.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <queue>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"

namespace nip::broker {

/// Sixteen bytes a message; the journal has the rest. One shard's thread.
class schedule {
 public:
  void add(wall_time due, seq_t seq) { waiting_.push({due, seq}); }
  std::size_t size() const { return waiting_.size(); }
  /// The earliest; nothing when none waits.
  std::optional<wall_time> next() const;
  /// Takes up to `most` that are due, by rising seq.
  std::vector<seq_t> take_due(wall_time now, std::size_t most);

 private:
  struct entry {
    wall_time due;
    seq_t seq;
    bool operator>(const entry& other) const {
      return due != other.due ? due > other.due : seq > other.seq;
    }
  };
  std::priority_queue<entry, std::vector<entry>, std::greater<>> waiting_;
};

}  // namespace nip::broker
