#include "bus/journal/segment_image.hpp"

#include <algorithm>

#include "bus/journal/outcome_run.hpp"

namespace nip::bus::journal {
namespace {

/// Outcomes of one batch.
constexpr std::size_t outcomes_a_batch = 1024;

}  // namespace

segment_image::segment_image(segment_header header, std::uint32_t epoch)
    : header_(header), epoch_(epoch), next_seq_(header.first_seq) {
  bytes_.extend(segment_header_bytes);
}

void segment_image::add(const message_record& message) {
  const std::uint64_t seq = message.seq.value;
  if (batch_begin_ != 0 &&
      (seq != next_seq_ || bytes_.size() - batch_begin_ > batch_bytes_soft_max / 2))
    end_batch();
  if (batch_begin_ == 0) begin_batch(seq);
  if (message.plan_key != 0 && !message.plan.empty() && plans_.insert(message.plan_key).second) {
    const std::size_t plan = bytes_.size();
    append_plan(bytes_, message.plan_key, bytes_of(message.plan));
    add_record(plan);
  }
  const std::size_t begin = bytes_.size();
  append_message(bytes_, message, message.plan_key);
  add_record(begin);
  ++batch_.messages;
  next_seq_ = seq + 1;
  ++summary_.messages;
  summary_.last_accepted = std::max(summary_.last_accepted, message.accepted_at);
}

void segment_image::add(std::span<const outcome_record> outcomes) {
  end_batch();
  while (!outcomes.empty()) {
    const auto some = outcomes.first(std::min(outcomes.size(), outcomes_a_batch));
    outcomes = outcomes.subspan(some.size());
    for (const outcome_record& each : some)
      summary_.outcomes.widen({each.seq.value, each.seq.value});
    begin_batch(next_seq_);
    byte_buffer records;
    append_outcomes(records, some);
    for (std::size_t at = 0; at < records.size();) {
      const std::size_t bytes = staged_bytes(records.data() + at);
      if (bytes_.size() - batch_begin_ > batch_bytes_soft_max) {
        end_batch();
        begin_batch(next_seq_);
      }
      const std::size_t begin = bytes_.size();
      bytes_.append(records.view().subspan(at, bytes));
      add_record(begin);
      at += bytes;
    }
    end_batch();
  }
}

void segment_image::begin_batch(std::uint64_t first_seq) {
  batch_begin_ = bytes_.size();
  const position at{header_.segment, batch_begin_};
  batch_ = {.journal_id = header_.journal_id,
            .at = at,
            .epoch = epoch_,
            .first_seq = first_seq,
            .written = header_.created,
            .durable = at};
  if (summary_.begin_seq == 0) summary_.begin_seq = first_seq;
  bytes_.extend(batch_header_bytes);
}

void segment_image::add_record(std::size_t begin) {
  seal_record(bytes_.data() + begin, bytes_.size() - begin, record_key(batch_));
  ++batch_.records;
}

void segment_image::end_batch() {
  if (batch_begin_ == 0) return;
  batch_.bytes = static_cast<std::uint32_t>(bytes_.size() - batch_begin_);
  encode(batch_, std::span<std::byte, batch_header_bytes>(bytes_.data() + batch_begin_,
                                                          batch_header_bytes));
  summary_.end_seq = batch_.end_seq();
  summary_.data_end = bytes_.size();
  batch_begin_ = 0;
}

byte_span segment_image::finish() {
  end_batch();
  summary_.last_written = header_.created;
  header_.bytes = bytes_.size();
  encode(header_, std::span<std::byte, segment_header_bytes>(bytes_.data(), segment_header_bytes));
  return bytes_.view();
}

}  // namespace nip::bus::journal
