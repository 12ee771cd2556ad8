// What stands where in a sealed segment: its table file (docs/internals/journal-format.md).
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bus/journal/byte_buffer.hpp"
#include "bus/journal/format.hpp"

namespace nip::bus::journal {

constexpr std::uint32_t table_version = 1;
constexpr std::size_t table_block_bytes = 4096;
/// Batches between two marks: what has to be read for one message, or for one outcome.
constexpr std::uint64_t mark_spacing_bytes = 64u << 10;

/// Messages that some outcomes are about, from the lowest number to the highest.
struct outcome_range {
  std::uint64_t min = 0;
  std::uint64_t max = 0;  ///< 0: no outcomes

  void widen(const outcome_range& other) {
    if (other.max == 0) return;
    min = max == 0 ? other.min : std::min(min, other.min);
    max = std::max(max, other.max);
  }
  bool may_have(seq_t seq) const { return max != 0 && min <= seq.value && seq.value <= max; }
};

/// What a segment holds, in a few numbers: all that stays in memory of a sealed one.
struct segment_summary {
  std::uint64_t data_end = segment_header_bytes;  ///< behind its last batch
  std::uint64_t begin_seq = 0;                    ///< the first batch's first number; 0: no batch
  std::uint64_t end_seq = 0;                      ///< behind the last batch's last number
  std::uint64_t messages = 0;                     ///< that can be read
  outcome_range outcomes{};
  wall_time last_accepted{};  ///< the latest of its messages
  wall_time last_written{};   ///< of its batches
  bool damaged = false;       ///< some bytes before data_end are not what was written
};

/// What is in the batches from `offset` up to the next mark.
struct mark {
  std::uint64_t offset = 0;     ///< of a batch
  std::uint64_t first_seq = 0;  ///< no message at or behind `offset` has a lower number
  wall_time first_accepted{};   ///< of the first message; zero without one
  wall_time last_accepted{};    ///< the latest
  outcome_range outcomes{};
};

/// Where the record lies that a key stands for: offsets in the segment file.
struct place {
  std::uint64_t batch = 0;
  std::uint64_t record = 0;
  constexpr auto operator<=>(const place&) const = default;
};
struct keyed_place {
  std::uint64_t key = 0;
  place at;
};

/// Everything that a table file says.
struct table_contents {
  segment_summary summary{};
  std::vector<mark> marks;         ///< rising
  std::vector<keyed_place> ids;    ///< id_hash() of messages
  std::vector<keyed_place> plans;  ///< plan keys
};

/// The first block of a table.
struct table_header {
  std::uint64_t journal_id = 0;
  std::uint64_t segment = 0;
  std::uint64_t stamp = 0;  ///< segment_stamp() of the file that it was made from
  segment_summary summary{};
  std::uint32_t marks = 0;
  std::uint32_t ids = 0;
  std::uint32_t plans = 0;
};

enum class table_section : std::uint8_t { ids, plans };

/// Tells one segment file from another of the same number: the checksum of its first page.
std::uint64_t segment_stamp(byte_span first_page) noexcept;

/// Segments over this size have no table: places would not fit.
constexpr std::uint64_t tabled_bytes_max = std::uint64_t{32} << 30;

/// The whole file. Sorts what has to be sorted; `header`'s numbers are taken from `contents`.
byte_buffer encode_table(table_header& header, table_contents& contents);

/// Fails with errc::corrupt, or errc::unsupported when the block is sound but of another version.
result<table_header> decode_table_header(byte_span block);

// Readers; `table` is the open file that `header` was read from. Each fails with errc::io, or with
// errc::corrupt when a block is not what was written.
result<std::vector<mark>> read_marks(const file& table, const table_header& header);
/// All places that are noted for `key`, the last one first.
result<std::vector<place>> find_places(const file& table, const table_header& header,
                                       table_section section, std::uint64_t key);

/// "000000000042.table"
std::string table_name(std::uint64_t segment);
/// The segment's number, when `name` is a table's.
std::optional<std::uint64_t> parse_table_name(std::string_view name) noexcept;

}  // namespace nip::bus::journal
