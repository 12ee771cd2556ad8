// Deliveries of one target that wait on disk: what is left of each in memory is its number.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include "base/ids.hpp"
#include "message/levels.hpp"

namespace nip::delivery {

/// Which delivery of which message.
struct parked_delivery {
  seq_t seq;
  std::uint16_t index = 0;
  bool operator==(const parked_delivery&) const = default;
};

/// One a target, on its shard's thread: eight bytes a delivery, first in, first out within its
/// class of priority.
class backlog {
 public:
  /// `seq` is below 2^48, which at a million messages a second lasts nine years.
  void push(parked_delivery which, message::priority urgency);
  /// Appends up to `most`: the highest class first, but a twentieth for each lower one.
  void take(std::size_t most, std::vector<parked_delivery>& into);

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  /// Somebody of this class waits, so whoever comes waits behind.
  bool holds(message::priority urgency) const {
    return !by_class_[static_cast<std::size_t>(urgency)].empty();
  }

 private:
  static constexpr unsigned index_bits = 16;
  static constexpr std::size_t lower_share = 20;

  void take_from(std::deque<std::uint64_t>& queue, std::size_t most,
                 std::vector<parked_delivery>& into);

  std::array<std::deque<std::uint64_t>, 4> by_class_;
  std::size_t size_ = 0;
};

}  // namespace nip::delivery
