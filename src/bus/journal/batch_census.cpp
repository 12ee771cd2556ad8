#include "bus/journal/batch_census.hpp"

#include <fmt/format.h>

#include "bus/journal/outcome_run.hpp"
#include "bus/journal/record_cursor.hpp"

namespace nip::bus::journal {

std::vector<batch_census::range> batch_census::check(const walk_step& batch) {
  std::vector<range> damaged;
  records_.clear();
  record_cursor cursor(batch.body, record_key(batch.header));
  std::uint32_t messages = 0;
  for (auto found = cursor.next(); found != record_cursor::found::end; found = cursor.next()) {
    const std::uint64_t begin = batch.offset + batch_header_bytes + cursor.offset();
    const std::uint64_t end = begin + cursor.bytes();
    if (found == record_cursor::found::damage) {
      damaged.push_back({begin, end, "record checksum does not match"});
    } else if (!fits(cursor.record(), batch.header)) {
      damaged.push_back({begin, end, "record fields do not fit its kind"});
    } else {
      messages += cursor.record().kind == record_kind::message ? 1 : 0;
      records_.push_back(cursor.record());
    }
  }
  const bool counts = records_.size() == batch.header.records && messages == batch.header.messages;
  if (damaged.empty() && !counts)
    damaged.push_back(
        {batch.offset, batch.offset + batch.bytes,
         fmt::format("batch says {} records with {} messages, but has {} with {}",
                     batch.header.records, batch.header.messages, records_.size(), messages)});
  return damaged;
}

void batch_census::count(const walk_step& batch) {
  numbers_.see_batch(batch.header.first_seq, batch.header.end_seq());
  std::uint64_t messages = 0;
  for (const record_view& record : records_) {
    auto message = decode_message(record);
    if (!message) continue;
    ++messages;
    numbers_.see_message(message->tenant, message->tenant_seq);
  }
  if (messages < batch.header.messages) numbers_.lose(batch.header.messages - messages);
}

void batch_census::digest(const walk_step& batch, segment_digest& segment) const {
  segment.begin_batch(batch.header);
  for (const record_view& record : records_) {
    const auto in_body = record.fields.data() - record_header_bytes - batch.body.data();
    segment.add(record, batch.offset + batch_header_bytes + static_cast<std::uint64_t>(in_body));
  }
}

bool batch_census::fits(const record_view& record, const batch_header& header) const {
  switch (record.kind) {
    case record_kind::message: {
      auto message = decode_message(record);
      return message && message->seq.value >= header.first_seq &&
             message->seq.value < header.end_seq();
    }
    case record_kind::outcome:
    case record_kind::outcome_run:
      return sound_outcomes(record);
    case record_kind::plan:
      return decode_plan(record).has_value();
    default:
      return true;
  }
}

}  // namespace nip::bus::journal
