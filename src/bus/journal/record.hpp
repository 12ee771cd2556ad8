// Records of the journal: the common header, and how messages, outcomes and plans are laid out.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "bus/journal/byte_buffer.hpp"
#include "bus/journal/format.hpp"
#include "bus/records.hpp"

namespace nip::bus::journal {

constexpr std::size_t record_header_bytes = 16;

/// What a record is. A reader passes over kinds that it does not serve; numbers are never reused.
enum class record_kind : std::uint8_t {
  message = 1,
  outcome = 2,
  outcome_run = 3,  ///< many `done` of one target and delivery in a few bytes each
  plan = 4,         ///< the bytes behind a plan key, before its first use in a segment
  checkpoint = 16,  ///< reserved; never written
  audit = 17,       ///< notes: note_kind
  schedule = 18,
  cursor = 19,
};

constexpr std::uint8_t record_version = 1;

/// A record whose checksum was right. `fields` is what follows the header, padding excluded; it
/// lives as long as the bytes it was read from.
struct record_view {
  record_kind kind;
  std::uint8_t version;
  std::uint8_t flags;
  byte_span fields;
};

/// The record at the start of `body`, with its stored length in `bytes`; nothing when there is no
/// sound one that was written under `key`.
struct sized_record {
  record_view record;
  std::size_t bytes;
};
std::optional<sized_record> read_record(byte_span body, std::uint64_t key) noexcept;
/// The length that the record at the start of `body` says, which may be cut off there; 0 when not
/// even that is there.
std::size_t stored_record_bytes(byte_span body) noexcept;
/// The length that the record at the start of `body` claims; 0 when it cannot be one.
std::size_t claimed_record_bytes(byte_span body) noexcept;

/// Appends records without numbers and checksum; both are set once they are known.
void append_message(byte_buffer& out, const message_record& message, std::uint64_t plan_key);
void append_plan(byte_buffer& out, std::uint64_t key, byte_span plan);
void append_outcome(byte_buffer& out, const outcome_record& outcome);
void append_note(byte_buffer& out, const note& from);

/// Bytes that the append functions will take.
std::size_t message_record_bytes(const message_record& message) noexcept;
std::size_t plan_record_bytes(std::size_t plan_bytes) noexcept;
std::size_t outcome_record_bytes(const outcome_record& outcome) noexcept;
std::size_t note_record_bytes(const note& from) noexcept;

/// Fills the header (checksum aside) and the padding of a record of `used` bytes at `record`, which
/// has room for aligned(used).
void finish_record(std::byte* record, record_kind kind, std::uint8_t flags,
                   std::size_t used) noexcept;
/// Sets the two numbers of the message record at `record`.
void set_numbers(std::byte* record, seq_t seq, tenant_seq_t tenant_seq) noexcept;
/// Sets the checksum of the record at `record`, which is `bytes` long.
void seal_record(std::byte* record, std::size_t bytes, std::uint64_t key) noexcept;

/// Reads the fields; nothing when they do not fit the kind. Views point into `record.fields`;
/// the plan is left empty.
std::optional<message_record> decode_message(const record_view& record) noexcept;
std::optional<outcome_record> decode_outcome(const record_view& record) noexcept;
std::optional<note> decode_note(const record_view& record) noexcept;
struct plan_definition {
  std::uint64_t key;
  byte_span plan;
};
std::optional<plan_definition> decode_plan(const record_view& record) noexcept;

/// Peeks at a staged record, before it has a checksum.
record_kind staged_kind(const std::byte* record) noexcept;
std::size_t staged_bytes(const std::byte* record) noexcept;
std::uint64_t staged_plan_key(const std::byte* message) noexcept;
seq_t staged_seq(const std::byte* message) noexcept;
tenant_id staged_tenant(const std::byte* message) noexcept;
wall_time staged_accepted_at(const std::byte* message) noexcept;
byte_span staged_envelope(const std::byte* message) noexcept;

}  // namespace nip::bus::journal
