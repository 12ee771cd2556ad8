// Which deliveries of which messages have not ended: a bit each.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/number_set.hpp"

namespace nip::broker {

/// A delivery that has not ended.
struct open_delivery {
  std::uint16_t index = 0;
  std::uint16_t attempt = 0;
  wall_time next_at;     ///< of the next attempt; zero: at once
  bool ageless = false;  ///< somebody redrove it: rule timeouts count from now
  std::uint16_t redrives = 0;
  bool operator==(const open_delivery&) const = default;
};

/// A value: a copy is what was open when it was made. Not thread-safe.
class open_deliveries {
 public:
  /// A new delivery. `drops`: it is dropped, not buried, when it expires.
  void open(seq_t seq, std::uint16_t index, bool drops = false);
  /// A dead letter that was put back, for the `redrives`th time.
  void reopen(seq_t seq, std::uint16_t index, std::uint16_t redrives);
  /// An attempt failed, and another follows.
  void retry(seq_t seq, std::uint16_t index, std::uint16_t attempts, wall_time next_at);
  /// `buried`: it may be reopened, and is then dropped again when it expires, if it was to be.
  void close(seq_t seq, std::uint16_t index, bool buried = false);
  /// A buried one will not be reopened.
  void forget(seq_t seq, std::uint16_t index) { drops_.erase({seq.value, index}); }
  void mark_ordered(seq_t seq) { ordered_.insert(seq.value); }

  bool is_open(seq_t seq, std::uint16_t index) const;
  bool drops(seq_t seq, std::uint16_t index) const { return drops_.contains({seq.value, index}); }
  std::uint16_t redrives(seq_t seq, std::uint16_t index) const;
  /// Some delivery of it is open.
  bool has(seq_t seq) const { return any_.contains(seq.value); }
  /// It is open, and its plan orders a delivery by key.
  bool is_ordered(seq_t seq) const { return ordered_.contains(seq.value); }
  /// The lowest message from `from` on that has an open delivery.
  std::optional<seq_t> next(seq_t from) const;
  /// Messages with an open delivery.
  std::uint64_t messages() const { return any_.size(); }
  /// The open deliveries of a message, by index.
  std::vector<open_delivery> of(seq_t seq) const;

 private:
  friend class ledger;  // writes it down
  struct retry_note {
    std::uint16_t attempt = 0;
    wall_time next_at;
    bool ageless = false;
    std::uint16_t redrives = 0;
  };
  using key = std::pair<std::uint64_t, std::uint16_t>;  // seq, index

  number_set any_;
  std::vector<number_set> by_index_;
  number_set ordered_;
  std::set<key> drops_;
  std::map<key, retry_note> retries_;
};

}  // namespace nip::broker
