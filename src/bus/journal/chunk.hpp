// One append's records on their way from a shard to the writer: encoded once, never copied again.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "bus/journal/byte_buffer.hpp"
#include "bus/journal/numbering.hpp"
#include "bus/journal/table.hpp"
#include "bus/records.hpp"

namespace nip::bus::journal {

/// Filled by a shard, then owned by the commit queue, then by the writer, then given back.
struct chunk {
  /// A plan that some message of the chunk uses, if the segment does not have it yet.
  struct plan_reference {
    std::uint64_t key;
    std::size_t offset;  ///< in `plans`
    std::size_t bytes;
  };

  unsigned shard = 0;
  byte_buffer records;  ///< staged records, one behind the other
  byte_buffer plans;    ///< plan bytes, as the router wrote them
  std::vector<plan_reference> plan_references;
  std::uint32_t messages = 0;
  std::uint64_t outcomes = 0;
  outcome_range outcome_bounds;
  bool asks_sync = false;  ///< some message is not `buffered`, or some note asks for it

  /// Encodes everything. Fails with errc::too_large when a record would be over record_bytes_max,
  /// and errc::invalid_argument when a target's name is over 65,535 bytes.
  status fill(std::span<const message_record> new_messages,
              std::span<const outcome_record> new_outcomes, std::span<const note> notes);
  /// Sets the numbers of the messages in both places.
  void number(std::span<message_record> filled, numbering& next) noexcept;
  /// Upper bound of the bytes that the chunk takes in a segment.
  std::uint64_t cost() const noexcept;
  /// Empties it and keeps the memory, unless a burst made it large.
  void reset() noexcept;

  /// The plan behind `key`; empty when the chunk does not carry it.
  byte_span plan(std::uint64_t key) const noexcept;

 private:
  std::uint64_t carry_plan(const message_record& message);
};

/// What stands for the plan of `message`: 0 without one.
std::uint64_t plan_key_of(const message_record& message) noexcept;

}  // namespace nip::bus::journal
