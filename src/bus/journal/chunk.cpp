#include "bus/journal/chunk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "bus/journal/outcome_run.hpp"
#include "bus/journal/record.hpp"

namespace nip::bus::journal {
namespace {

/// Memory that a chunk keeps between uses.
constexpr std::size_t kept_bytes_max = 4u << 20;
/// Plans looked back at for a repeat; an older one is carried once more, which only costs bytes.
constexpr std::size_t plan_repeats_max = 32;

status check(const message_record& message) {
  const std::size_t bytes =
      std::max(message_record_bytes(message), plan_record_bytes(message.plan.size()));
  if (bytes <= record_bytes_max) return {};
  return fail(errc::too_large,
              fmt::format("a message of {} bytes with a plan of {} bytes does not fit into a "
                          "journal record of at most {} bytes",
                          message.envelope.size(), message.plan.size(), record_bytes_max));
}

status check(const outcome_record& outcome) {
  if (outcome.target.size() > std::numeric_limits<std::uint16_t>::max())
    return fail(errc::invalid_argument,
                fmt::format("the target name of an outcome is {} bytes long, at most 65535 fit",
                            outcome.target.size()));
  if (outcome_record_bytes(outcome) <= record_bytes_max) return {};
  return fail(errc::too_large,
              fmt::format("an outcome of message {} takes {} bytes, at most {} fit",
                          outcome.seq.value, outcome_record_bytes(outcome), record_bytes_max));
}

status check(const note& from) {
  if (note_record_bytes(from) <= record_bytes_max) return {};
  return fail(
      errc::too_large,
      fmt::format("a note of {} bytes does not fit into a journal record of at most {} bytes",
                  from.bytes.size(), record_bytes_max));
}

}  // namespace

std::uint64_t plan_key_of(const message_record& message) noexcept {
  if (message.plan.empty()) return 0;
  return message.plan_key != 0 ? message.plan_key : checksum(bytes_of(message.plan));
}

status chunk::fill(std::span<const message_record> new_messages,
                   std::span<const outcome_record> new_outcomes, std::span<const note> notes) {
  reset();
  for (const message_record& message : new_messages) {
    NIP_CHECK(check(message));
    append_message(records, message, carry_plan(message));
    asks_sync |= (message.flags & buffered) == 0;
  }
  messages = static_cast<std::uint32_t>(new_messages.size());
  outcomes = new_outcomes.size();
  for (const outcome_record& outcome : new_outcomes) {
    NIP_CHECK(check(outcome));
    outcome_bounds.widen({outcome.seq.value, outcome.seq.value});
  }
  append_outcomes(records, new_outcomes);
  for (const note& each : notes) {
    NIP_CHECK(check(each));
    append_note(records, each);
    asks_sync |= each.sync;
  }
  return {};
}

/// Keeps the message's plan at hand for the writer; returns its key.
std::uint64_t chunk::carry_plan(const message_record& message) {
  const std::uint64_t key = plan_key_of(message);
  if (key == 0) return 0;
  const std::size_t back = std::min(plan_references.size(), plan_repeats_max);
  for (std::size_t i = 1; i <= back; ++i)
    if (plan_references[plan_references.size() - i].key == key) return key;
  plan_references.push_back({key, plans.size(), message.plan.size()});
  plans.append(bytes_of(message.plan));
  return key;
}

void chunk::number(std::span<message_record> filled, numbering& next) noexcept {
  std::byte* record = records.data();  // messages come first
  for (message_record& message : filled) {
    message.seq = next.take_seq();
    message.tenant_seq = next.take_tenant_seq(message.tenant);
    set_numbers(record, message.seq, message.tenant_seq);
    record += message_record_bytes(message);
  }
}

std::uint64_t chunk::cost() const noexcept {
  const std::uint64_t plan_overhead = plan_references.size() * plan_record_bytes(alignment_bytes);
  const std::uint64_t body = records.size() + plans.size() + plan_overhead;
  const std::uint64_t batches = 2 + body / (batch_bytes_soft_max / 2);
  return body + batches * batch_header_bytes;
}

void chunk::reset() noexcept {
  records.clear_and_trim(kept_bytes_max);
  plans.clear_and_trim(kept_bytes_max);
  plan_references.clear();
  messages = 0;
  outcomes = 0;
  outcome_bounds = {};
  asks_sync = false;
}

byte_span chunk::plan(std::uint64_t key) const noexcept {
  auto found = std::find_if(plan_references.begin(), plan_references.end(),
                            [key](const plan_reference& plan) { return plan.key == key; });
  if (found == plan_references.end()) return {};
  return plans.view().subspan(found->offset, found->bytes);
}

}  // namespace nip::bus::journal
