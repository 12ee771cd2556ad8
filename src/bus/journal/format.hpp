// Segment and batch headers of the journal, byte by byte (docs/internals/journal-format.md).
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/clock.hpp"
#include "base/file.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"

namespace nip::bus::journal {

constexpr std::uint32_t format_version = 1;
constexpr std::size_t segment_header_bytes = 4096;  // one page, so that batches start on one
constexpr std::size_t batch_header_bytes = 96;
constexpr std::size_t alignment_bytes = 8;  // of every batch and record
/// Largest record, header included. The gateway's body limit stays below it.
constexpr std::size_t record_bytes_max = 32u << 20;
/// A batch is closed before it grows past this; only a single large record makes a larger one.
constexpr std::size_t batch_bytes_soft_max = 1u << 20;
/// Largest batch: header, one plan definition, one record.
constexpr std::size_t batch_bytes_max = batch_header_bytes + 2 * record_bytes_max;

/// Messages that may have a number and not be written. Some may have been acknowledged at level
/// `buffered` and delivered, so after a crash so many numbers are left out.
constexpr std::uint64_t unwritten_messages_max = 1u << 20;

constexpr std::uint64_t aligned(std::uint64_t bytes) {
  return (bytes + alignment_bytes - 1) / alignment_bytes * alignment_bytes;
}

/// A place in the journal. Everything before it is in lower segments or at lower offsets.
struct position {
  std::uint64_t segment = 0;
  std::uint64_t offset = 0;
  constexpr auto operator<=>(const position&) const = default;
};

/// First page of a segment file; written once, before the file gets its name.
struct segment_header {
  std::uint64_t journal_id = 0;  ///< the same in every segment of one journal
  std::uint64_t segment = 0;     ///< from 1, without gaps
  std::uint64_t bytes = 0;       ///< of the whole file
  std::uint64_t first_seq = 0;   ///< no message in the segment has a lower number
  wall_time created;
  /// Of a segment that retention made smaller: outcomes of its messages that stood in segments up
  /// to this one have been brought here, and do not count there. 0: as the writer left it.
  std::uint64_t carried = 0;
};

/// Fills all of `page`.
void encode(const segment_header& header, std::span<std::byte, segment_header_bytes> page) noexcept;
/// Fails with errc::corrupt, or errc::unsupported when the page is sound but of another version.
result<segment_header> decode_segment_header(byte_span page);

/// In front of every batch: what one writer's turn wrote, or a part of it.
struct batch_header {
  std::uint64_t journal_id = 0;
  position at;              ///< of the batch itself: stale bytes of a reused file never match
  std::uint32_t epoch = 0;  ///< counts openings of the journal
  std::uint32_t records = 0;
  std::uint32_t messages = 0;   ///< message records among them
  std::uint32_t bytes = 0;      ///< of the whole batch, header included
  std::uint64_t first_seq = 0;  ///< of the first message; without one, of the next to come
  wall_time written;
  position durable;  ///< everything before it was synced when this was written
  /// Nothing was taken that is not in front of this batch: the journal was closed.
  bool closing = false;

  /// One behind the last message's number.
  std::uint64_t end_seq() const { return first_seq + messages; }
};

void encode(const batch_header& header, std::span<std::byte, batch_header_bytes> out) noexcept;
/// A quick look at the first four bytes.
bool may_start_batch(const std::byte* bytes) noexcept;
/// Nothing when the bytes are not a sound batch header of this version.
std::optional<batch_header> decode_batch_header(byte_span bytes) noexcept;

/// What every record checksum of a batch is mixed with: a record left over from another batch, in
/// another place or from another opening, does not pass for one of this batch.
std::uint64_t record_key(const batch_header& header) noexcept;

/// "000000000042.segment"
std::string segment_name(std::uint64_t number);
/// The number, when `name` is a segment's.
std::optional<std::uint64_t> parse_segment_name(std::string_view name) noexcept;
/// The number that the digits of a file name stand for: at least twelve, and not zero.
std::optional<std::uint64_t> parse_segment_digits(std::string_view digits) noexcept;

/// XXH3-64, the one checksum of the format.
std::uint64_t checksum(byte_span bytes) noexcept;

}  // namespace nip::bus::journal
