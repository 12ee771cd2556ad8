// The segments of an open journal and where things are in them; written by one thread, read by all.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "bus/journal/format.hpp"

namespace nip::bus::journal {

/// Where messages from a number on can be found.
struct index_entry {
  std::uint64_t first_seq = 0;  ///< no message at or behind `offset` has a lower number
  std::uint64_t offset = 0;     ///< of a batch
};

/// Where the batch lies that defines a plan.
struct plan_entry {
  std::uint64_t key = 0;
  std::uint64_t offset = 0;
};

/// One segment file that holds, or will hold, batches.
struct segment_info {
  std::uint64_t number = 0;
  std::uint64_t bytes = 0;                        ///< of the file
  std::uint64_t data_end = segment_header_bytes;  ///< behind its last batch
  std::uint64_t begin_seq = 0;                    ///< the first batch's first number; 0: no batch
  std::vector<index_entry> index;                 ///< one every index_spacing_bytes, rising
  std::vector<plan_entry> plans;                  ///< the first plan_entries_max definitions

  /// Notes a batch behind all earlier ones.
  void add_batch(const batch_header& header);
  void add_plan(std::uint64_t key, std::uint64_t batch_offset);
};

/// 16 bytes a quarter of a megabyte: 64 KiB of memory a gigabyte of journal.
constexpr std::uint64_t index_spacing_bytes = 256u << 10;
/// Plans beyond these are found by reading the segment from its start.
constexpr std::size_t plan_entries_max = 4096;

/// Thread-safe. Lives as long as the journal; lists only segments that are in use.
class catalogue {
 public:
  explicit catalogue(std::vector<segment_info> segments) : segments_(std::move(segments)) {}

  // Writer.
  void add_segment(std::uint64_t number, std::uint64_t bytes);
  void add_batch(const batch_header& header, const std::vector<std::uint64_t>& plans);
  void set_durable(position durable);

  // Any thread.
  /// What a reader may read: [begin, end) of one segment.
  struct extent {
    std::uint64_t segment;
    std::uint64_t begin;
    std::uint64_t end;
  };
  /// Extents that hold every message from `from` on, up to what is durable now; in order.
  std::vector<extent> extents_from(seq_t from) const;
  /// The batch that defines the plan, when it is known without reading.
  std::optional<std::uint64_t> plan_offset(std::uint64_t segment, std::uint64_t key) const;
  std::uint64_t segments() const;

 private:
  mutable std::mutex mutex_;
  std::vector<segment_info> segments_;
  position durable_;
};

}  // namespace nip::bus::journal
