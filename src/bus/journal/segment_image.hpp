// A whole segment file put together in memory: a few messages of what was there, and outcomes.
#pragma once

#include <unordered_set>

#include "bus/journal/record.hpp"
#include "bus/journal/table.hpp"

namespace nip::bus::journal {

/// One thread at a time. Holes in the numbers are between batches, as in every segment.
class segment_image {
 public:
  /// The size in `header` is set by finish(). Batches say that they were written at its time.
  segment_image(segment_header header, std::uint32_t epoch);

  /// Messages with rising numbers, each with its plan.
  void add(const message_record& message);
  /// Outcomes behind all messages; once.
  void add(std::span<const outcome_record> outcomes);

  /// The file; valid as long as the image. Once, last.
  byte_span finish();
  const segment_summary& summary() const { return summary_; }

 private:
  void begin_batch(std::uint64_t first_seq);
  void end_batch();
  void add_record(std::size_t begin);

  segment_header header_;
  std::uint32_t epoch_;
  byte_buffer bytes_;
  std::size_t batch_begin_ = 0;  // 0: none is open
  batch_header batch_;
  std::uint64_t next_seq_;
  std::unordered_set<std::uint64_t> plans_;
  segment_summary summary_;
};

}  // namespace nip::bus::journal
