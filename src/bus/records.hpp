// What the bus keeps: messages with the plan they were accepted under, and what became of them.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.hpp"
#include "base/ids.hpp"

namespace nip::bus {

/// Flags of a message record; stored.
enum message_flags : std::uint8_t {
  wants_reply = 1,  ///< a caller waits, so the reply is stored with the outcome
  buffered = 2,     ///< acknowledged before the sync: does not by itself ask for one
  keyed = 4,        ///< its idempotency key, or the id that its client gave, counts for repeats
};

/// One message on its way into the bus, and back. Views belong to the caller; `append` copies.
struct message_record {
  seq_t seq;                ///< set by append
  tenant_seq_t tenant_seq;  ///< set by append
  tenant_id tenant = default_tenant;
  wall_time accepted_at;
  generation_id generation;
  std::uint8_t flags = 0;      ///< message_flags
  std::uint64_t plan_key = 0;  ///< XXH3 of `plan`; equal plans are stored once a segment
  std::string_view plan;       ///< serialised by the router; opaque here
  std::string_view envelope;   ///< the canonical JSON text of the message
};

/// What happened to one delivery.
enum class outcome_kind : std::uint8_t {
  done = 1,
  retry = 2,     ///< an attempt failed; `next_at` says when the next is due
  dead = 3,      ///< dead letter; `text` is the reason
  expired = 4,   ///< its deadline passed before an attempt
  redriven = 5,  ///< a dead letter that was put back; open again
  purged = 6,    ///< a dead letter that was thrown away
};

/// A delivery's outcome. Batched and never waited for: a lost one means a redelivery.
struct outcome_record {
  seq_t seq;                   ///< of the message
  std::uint16_t delivery = 0;  ///< index of the delivery (rule, slot) within the message's plan
  outcome_kind kind = outcome_kind::done;
  std::uint16_t attempt = 1;  ///< attempts made so far
  wall_time at;
  wall_time next_at;        ///< only for retry
  std::string_view target;  ///< plugin instance that was chosen
  std::string_view text;    ///< error of the attempt, or reason; JSON text, may be empty
  std::string_view reply;   ///< reply envelope, only for `done` of a message that wants_reply
};

/// What a note is about; the numbers are stored as kinds of records.
enum class note_kind : std::uint8_t {
  audit = 17,     ///< an entry of the audit trail
  schedule = 18,  ///< a delivery that is due later
  cursor = 19,    ///< how far a durable subscription has come
};

/// A small record of another room's, opaque to the bus. Without `sync` as durable as an outcome:
/// never waited for.
struct note {
  note_kind kind = note_kind::audit;
  bool sync = false;  ///< asks for a sync; not stored
  tenant_id tenant = default_tenant;
  wall_time at{};
  std::string_view bytes{};
};

}  // namespace nip::bus
