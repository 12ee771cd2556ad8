#include "bus/journal/record.hpp"

#include "bus/journal/little_endian.hpp"

namespace nip::bus::journal {
namespace {

// Offsets within every record.
constexpr std::size_t length_at = 8;
constexpr std::size_t kind_at = 12;
constexpr std::size_t version_at = 13;
constexpr std::size_t flags_at = 14;
constexpr std::size_t padding_at = 15;

// Offsets within a message record; the envelope follows.
constexpr std::size_t message_seq_at = 16;
constexpr std::size_t message_tenant_seq_at = 24;
constexpr std::size_t message_accepted_at = 32;
constexpr std::size_t message_generation_at = 40;
constexpr std::size_t message_plan_key_at = 48;
constexpr std::size_t message_tenant_at = 56;
constexpr std::size_t message_reserved_at = 60;
constexpr std::size_t message_fixed_bytes = 64;

// Offsets within a plan record; the plan follows.
constexpr std::size_t plan_key_at = 16;
constexpr std::size_t plan_fixed_bytes = 24;

// Offsets within an outcome record; target, text and reply follow.
constexpr std::size_t outcome_seq_at = 16;
constexpr std::size_t outcome_time_at = 24;
constexpr std::size_t outcome_next_at = 32;
constexpr std::size_t outcome_delivery_at = 40;
constexpr std::size_t outcome_attempt_at = 42;
constexpr std::size_t outcome_kind_at = 44;
constexpr std::size_t outcome_reserved_at = 45;
constexpr std::size_t outcome_target_bytes_at = 46;
constexpr std::size_t outcome_text_bytes_at = 48;
constexpr std::size_t outcome_reply_bytes_at = 52;
constexpr std::size_t outcome_fixed_bytes = 56;

// Offsets within a note; its bytes follow.
constexpr std::size_t note_time_at = 16;
constexpr std::size_t note_tenant_at = 24;
constexpr std::size_t note_reserved_at = 28;
constexpr std::size_t note_fixed_bytes = 32;

/// Reserves a record of `used` bytes, filled but for its fields and its checksum.
std::byte* begin_record(byte_buffer& out, record_kind kind, std::uint8_t flags, std::size_t used) {
  std::byte* record = out.extend(aligned(used));
  finish_record(record, kind, flags, used);
  return record;
}

std::byte* put(std::byte* to, std::string_view text) noexcept {
  if (!text.empty()) std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

std::size_t outcome_used_bytes(const outcome_record& outcome) noexcept {
  return outcome_fixed_bytes + outcome.target.size() + outcome.text.size() + outcome.reply.size();
}

/// The record's bytes as offsets above count them: `fields` starts behind the header.
const std::byte* base_of(const record_view& record) noexcept {
  return record.fields.data() - record_header_bytes;
}

bool readable(const record_view& record, record_kind kind, std::size_t fixed_bytes) noexcept {
  return record.kind == kind && record.version == record_version &&
         record.fields.size() + record_header_bytes >= fixed_bytes;
}

}  // namespace

std::size_t stored_record_bytes(byte_span body) noexcept {
  return body.size() < record_header_bytes ? 0 : load<std::uint32_t>(body.data() + length_at);
}

std::size_t claimed_record_bytes(byte_span body) noexcept {
  if (body.size() < record_header_bytes) return 0;
  std::size_t bytes = load<std::uint32_t>(body.data() + length_at);
  std::size_t padding = load<std::uint8_t>(body.data() + padding_at);
  bool sane = bytes >= record_header_bytes + padding && bytes <= body.size() &&
              bytes % alignment_bytes == 0 && padding < alignment_bytes;
  return sane ? bytes : 0;
}

std::optional<sized_record> read_record(byte_span body, std::uint64_t key) noexcept {
  const std::size_t bytes = claimed_record_bytes(body);
  if (bytes == 0) return std::nullopt;
  const std::byte* in = body.data();
  if (load<std::uint64_t>(in) != (checksum(body.subspan(length_at, bytes - length_at)) ^ key))
    return std::nullopt;
  const std::size_t used = bytes - load<std::uint8_t>(in + padding_at);
  return sized_record{
      .record = {.kind = static_cast<record_kind>(load<std::uint8_t>(in + kind_at)),
                 .version = load<std::uint8_t>(in + version_at),
                 .flags = load<std::uint8_t>(in + flags_at),
                 .fields = body.subspan(record_header_bytes, used - record_header_bytes)},
      .bytes = bytes};
}

std::size_t message_record_bytes(const message_record& message) noexcept {
  return aligned(message_fixed_bytes + message.envelope.size());
}

std::size_t plan_record_bytes(std::size_t plan_bytes) noexcept {
  return aligned(plan_fixed_bytes + plan_bytes);
}

std::size_t outcome_record_bytes(const outcome_record& outcome) noexcept {
  return aligned(outcome_used_bytes(outcome));
}

void append_message(byte_buffer& out, const message_record& message, std::uint64_t plan_key) {
  std::byte* record = begin_record(out, record_kind::message, message.flags,
                                   message_fixed_bytes + message.envelope.size());
  store(record + message_seq_at, message.seq.value);
  store(record + message_tenant_seq_at, message.tenant_seq.value);
  store(record + message_accepted_at, message.accepted_at.ns);
  store(record + message_generation_at, message.generation.value);
  store(record + message_plan_key_at, plan_key);
  store(record + message_tenant_at, message.tenant.value);
  store(record + message_reserved_at, std::uint32_t{0});
  put(record + message_fixed_bytes, message.envelope);
}

void append_plan(byte_buffer& out, std::uint64_t key, byte_span plan) {
  std::byte* record = begin_record(out, record_kind::plan, 0, plan_fixed_bytes + plan.size());
  store(record + plan_key_at, key);
  put(record + plan_fixed_bytes, text_of(plan));
}

void append_outcome(byte_buffer& out, const outcome_record& outcome) {
  std::byte* record = begin_record(out, record_kind::outcome, 0, outcome_used_bytes(outcome));
  store(record + outcome_seq_at, outcome.seq.value);
  store(record + outcome_time_at, outcome.at.ns);
  store(record + outcome_next_at, outcome.next_at.ns);
  store(record + outcome_delivery_at, outcome.delivery);
  store(record + outcome_attempt_at, outcome.attempt);
  store(record + outcome_kind_at, static_cast<std::uint8_t>(outcome.kind));
  store(record + outcome_reserved_at, std::uint8_t{0});
  store(record + outcome_target_bytes_at, static_cast<std::uint16_t>(outcome.target.size()));
  store(record + outcome_text_bytes_at, static_cast<std::uint32_t>(outcome.text.size()));
  store(record + outcome_reply_bytes_at, static_cast<std::uint32_t>(outcome.reply.size()));
  std::byte* end = put(record + outcome_fixed_bytes, outcome.target);
  end = put(end, outcome.text);
  put(end, outcome.reply);
}

std::size_t note_record_bytes(const note& from) noexcept {
  return aligned(note_fixed_bytes + from.bytes.size());
}

void append_note(byte_buffer& out, const note& from) {
  std::byte* record = begin_record(out, static_cast<record_kind>(from.kind), 0,
                                   note_fixed_bytes + from.bytes.size());
  store(record + note_time_at, from.at.ns);
  store(record + note_tenant_at, from.tenant.value);
  store(record + note_reserved_at, std::uint32_t{0});
  put(record + note_fixed_bytes, from.bytes);
}

void finish_record(std::byte* record, record_kind kind, std::uint8_t flags,
                   std::size_t used) noexcept {
  const std::size_t bytes = aligned(used);
  store(record, std::uint64_t{0});
  store(record + length_at, static_cast<std::uint32_t>(bytes));
  store(record + kind_at, static_cast<std::uint8_t>(kind));
  store(record + version_at, record_version);
  store(record + flags_at, flags);
  store(record + padding_at, static_cast<std::uint8_t>(bytes - used));
  std::memset(record + used, 0, bytes - used);
}

void set_numbers(std::byte* record, seq_t seq, tenant_seq_t tenant_seq) noexcept {
  store(record + message_seq_at, seq.value);
  store(record + message_tenant_seq_at, tenant_seq.value);
}

void seal_record(std::byte* record, std::size_t bytes, std::uint64_t key) noexcept {
  store(record, checksum({record + length_at, bytes - length_at}) ^ key);
}

std::optional<message_record> decode_message(const record_view& record) noexcept {
  if (!readable(record, record_kind::message, message_fixed_bytes)) return std::nullopt;
  const std::byte* in = base_of(record);
  message_record message;
  message.seq = seq_t(load<std::uint64_t>(in + message_seq_at));
  message.tenant_seq = tenant_seq_t(load<std::uint64_t>(in + message_tenant_seq_at));
  message.accepted_at = {load<std::int64_t>(in + message_accepted_at)};
  message.generation = generation_id(load<std::uint64_t>(in + message_generation_at));
  message.plan_key = load<std::uint64_t>(in + message_plan_key_at);
  message.tenant = tenant_id(load<std::uint32_t>(in + message_tenant_at));
  message.flags = record.flags;
  message.envelope = text_of(record.fields.subspan(message_fixed_bytes - record_header_bytes));
  return message;
}

std::optional<outcome_record> decode_outcome(const record_view& record) noexcept {
  if (!readable(record, record_kind::outcome, outcome_fixed_bytes)) return std::nullopt;
  const std::byte* in = base_of(record);
  const std::size_t target_bytes = load<std::uint16_t>(in + outcome_target_bytes_at);
  const std::size_t text_bytes = load<std::uint32_t>(in + outcome_text_bytes_at);
  const std::size_t reply_bytes = load<std::uint32_t>(in + outcome_reply_bytes_at);
  std::string_view tail = text_of(record.fields.subspan(outcome_fixed_bytes - record_header_bytes));
  if (target_bytes + text_bytes + reply_bytes != tail.size()) return std::nullopt;
  outcome_record outcome;
  outcome.seq = seq_t(load<std::uint64_t>(in + outcome_seq_at));
  outcome.at = {load<std::int64_t>(in + outcome_time_at)};
  outcome.next_at = {load<std::int64_t>(in + outcome_next_at)};
  outcome.delivery = load<std::uint16_t>(in + outcome_delivery_at);
  outcome.attempt = load<std::uint16_t>(in + outcome_attempt_at);
  outcome.kind = static_cast<outcome_kind>(load<std::uint8_t>(in + outcome_kind_at));
  outcome.target = tail.substr(0, target_bytes);
  outcome.text = tail.substr(target_bytes, text_bytes);
  outcome.reply = tail.substr(target_bytes + text_bytes);
  return outcome;
}

std::optional<note> decode_note(const record_view& record) noexcept {
  if (record.kind != record_kind::audit && record.kind != record_kind::schedule &&
      record.kind != record_kind::cursor)
    return std::nullopt;
  if (!readable(record, record.kind, note_fixed_bytes)) return std::nullopt;
  const std::byte* in = base_of(record);
  return note{.kind = static_cast<note_kind>(record.kind),
              .sync = false,
              .tenant = tenant_id(load<std::uint32_t>(in + note_tenant_at)),
              .at = {load<std::int64_t>(in + note_time_at)},
              .bytes = text_of(record.fields.subspan(note_fixed_bytes - record_header_bytes))};
}

std::optional<plan_definition> decode_plan(const record_view& record) noexcept {
  if (!readable(record, record_kind::plan, plan_fixed_bytes)) return std::nullopt;
  return plan_definition{.key = load<std::uint64_t>(base_of(record) + plan_key_at),
                         .plan = record.fields.subspan(plan_fixed_bytes - record_header_bytes)};
}

record_kind staged_kind(const std::byte* record) noexcept {
  return static_cast<record_kind>(load<std::uint8_t>(record + kind_at));
}
std::size_t staged_bytes(const std::byte* record) noexcept {
  return load<std::uint32_t>(record + length_at);
}
std::uint64_t staged_plan_key(const std::byte* message) noexcept {
  return load<std::uint64_t>(message + message_plan_key_at);
}
seq_t staged_seq(const std::byte* message) noexcept {
  return seq_t(load<std::uint64_t>(message + message_seq_at));
}
tenant_id staged_tenant(const std::byte* message) noexcept {
  return tenant_id(load<std::uint32_t>(message + message_tenant_at));
}
wall_time staged_accepted_at(const std::byte* message) noexcept {
  return {load<std::int64_t>(message + message_accepted_at)};
}
byte_span staged_envelope(const std::byte* message) noexcept {
  const std::size_t padding = load<std::uint8_t>(message + padding_at);
  return {message + message_fixed_bytes, staged_bytes(message) - padding - message_fixed_bytes};
}

}  // namespace nip::bus::journal
