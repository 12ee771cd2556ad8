// What a table will say of a segment that is still written to, in memory.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "bus/journal/table.hpp"

namespace nip::bus::journal {

/// What is known of the records of a batch that is written.
struct batch_bounds {
  wall_time first_accepted{};  ///< of the messages
  wall_time last_accepted{};
  outcome_range outcomes{};
};

/// One thread at a time (the catalogue's lock). 16 bytes a message, and gone when the table is
/// there: bounded by the size of a segment.
class live_index {
 public:
  live_index();
  /// Of a segment that was read at opening.
  explicit live_index(const table_contents& known);

  /// A batch behind all earlier ones. `ids` and `plans` are what it defines.
  void add_batch(const batch_header& header, std::span<const keyed_place> ids,
                 std::span<const std::uint64_t> plans, const batch_bounds& bounds);

  /// Places of messages that may have the id, the last one first.
  std::vector<place> find(std::uint64_t id_hash) const;
  /// The batch that defines a plan.
  std::optional<std::uint64_t> plan_batch(std::uint64_t key) const;
  const std::vector<mark>& marks() const { return marks_; }

 private:
  struct entry {
    std::uint32_t tag;       ///< upper half of the hash
    std::uint32_t previous;  ///< of the same chain, counted from 1; 0: none
    std::uint32_t batch;     ///< in units of alignment_bytes
    std::uint32_t record;    ///< the same, from the batch's start
  };
  static constexpr std::size_t chains = 1u << 16;

  void add_id(const keyed_place& id);

  std::vector<std::uint32_t> newest_;  // by chain: the last entry, counted from 1
  std::vector<entry> entries_;
  std::unordered_map<std::uint64_t, std::uint64_t> plans_;
  std::vector<mark> marks_;
};

}  // namespace nip::bus::journal
