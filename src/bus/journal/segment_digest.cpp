#include "bus/journal/segment_digest.hpp"

#include <xxhash.h>

#include <algorithm>

#include "bus/journal/outcome_run.hpp"

namespace nip::bus::journal {

std::uint64_t id_hash(tenant_id tenant, std::string_view id) noexcept {
  return XXH3_64bits_withSeed(id.data(), id.size(), tenant.value);
}

void segment_digest::begin_batch(const batch_header& header) {
  auto& [summary, marks, ids, plans] = contents_;
  batch_ = header.at.offset;
  if (summary.begin_seq == 0) summary.begin_seq = header.first_seq;
  summary.end_seq = header.end_seq();
  summary.data_end = header.at.offset + header.bytes;
  summary.last_written = std::max(summary.last_written, header.written);
  if (marks.empty() || batch_ >= marks.back().offset + mark_spacing_bytes)
    marks.push_back({.offset = batch_, .first_seq = header.first_seq});
}

void segment_digest::add(const record_view& record, std::uint64_t offset) {
  switch (record.kind) {
    case record_kind::message:
      if (auto message = decode_message(record)) add_message(*message, offset);
      break;
    case record_kind::plan:
      if (auto plan = decode_plan(record)) contents_.plans.push_back({plan->key, {batch_, offset}});
      break;
    case record_kind::outcome:
    case record_kind::outcome_run:
      add_outcomes(record);
      break;
    default:
      break;
  }
}

void segment_digest::add_message(const message_record& message, std::uint64_t offset) {
  auto& [summary, marks, ids, plans] = contents_;
  ++summary.messages;
  summary.last_accepted = std::max(summary.last_accepted, message.accepted_at);
  mark& here = marks.back();
  if (here.first_accepted.ns == 0) here.first_accepted = message.accepted_at;
  here.last_accepted = std::max(here.last_accepted, message.accepted_at);
  const auto id = reader_.read(message.envelope);
  if (!id.empty()) ids.push_back({id_hash(message.tenant, id), {batch_, offset}});
}

void segment_digest::add_outcomes(const record_view& record) {
  const auto bounds = outcome_bounds(record);
  if (!bounds) return;
  const outcome_range range{bounds->first.value, bounds->last.value};
  contents_.summary.outcomes.widen(range);
  contents_.marks.back().outcomes.widen(range);
}

}  // namespace nip::bus::journal
