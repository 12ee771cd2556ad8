#include "bus/journal/batch_writer.hpp"

#include <algorithm>
#include <array>

#include "bus/journal/record.hpp"
#include "bus/journal/segment_digest.hpp"

namespace nip::bus::journal {
namespace {

/// The space was there before: a disk that is full only now (a copy-on-write file system) has
/// failed, and what was written by then is unknown.
status never_full(status done) {
  if (!done && done.error().code == errc::storage_full) done.error().code = errc::io;
  return done;
}

}  // namespace

batch_writer::batch_writer(start from, context rest)
    : journal_id_(from.journal_id),
      epoch_(from.epoch),
      rest_(rest),
      active_(std::move(from.active)),
      offset_(from.offset),
      next_seq_(from.next_seq.value),
      durable_(from.durable),
      claimed_(from.durable) {
  rest_.segments.set_durable(durable_);
  rest_.room.active.store(free_bytes());
}

status batch_writer::prepare() {
  if (active_.handle) return {};
  return roll(0);
}

void batch_writer::add(commit_queue::chunk_list& chunks) {
  std::move(chunks.begin(), chunks.end(), std::back_inserter(work_));
  chunks.clear();
}

status batch_writer::write() {
  for (; next_chunk_ < work_.size(); ++next_chunk_, next_offset_ = 0) {
    if (auto done = write_chunk(*work_[next_chunk_]); !done) {
      retire_chunks();
      return done;
    }
  }
  NIP_CHECK(flush());
  retire_chunks();
  return {};
}

status batch_writer::write_chunk(const chunk& from) {
  // Records are sealed in place; the chunk is the writer's alone until it is given back.
  auto* records = const_cast<std::byte*>(from.records.data());
  while (next_offset_ < from.records.size()) {
    std::byte* record = records + next_offset_;
    const std::size_t bytes = staged_bytes(record);
    NIP_CHECK(place(from, record, bytes));
    next_offset_ += bytes;
  }
  return {};
}

/// Adds one record to the batch, after closing the batch, or the segment too, when it does not fit.
status batch_writer::place(const chunk& from, std::byte* record, std::size_t bytes) {
  std::size_t need = bytes + definition_bytes(from, record);
  if (batch_.records != 0 &&
      (batch_bytes_ + need > batch_bytes_soft_max || batch_bytes_ + need > free_bytes()))
    NIP_CHECK(flush());
  if (batch_.records == 0 && batch_header_bytes + need > free_bytes()) {
    defined_.clear();  // a new segment has no plans
    last_defined_ = 0;
    need = bytes + definition_bytes(from, record);
    NIP_CHECK(roll(batch_header_bytes + need));
  }
  if (batch_.records == 0) begin_batch();
  if (need != bytes) define_plan(from, staged_plan_key(record));
  add_record(from, record, bytes);
  return {};
}

/// What a definition of the record's plan takes; 0 when the segment has it, or there is none.
std::size_t batch_writer::definition_bytes(const chunk& from, const std::byte* record) const {
  if (staged_kind(record) != record_kind::message) return 0;
  const std::uint64_t key = staged_plan_key(record);
  if (key == 0 || key == last_defined_ || defined_.contains(key)) return 0;
  return plan_record_bytes(from.plan(key).size());
}

void batch_writer::begin_batch() {
  batch_ = {.journal_id = journal_id_,
            .at = tail(),
            .epoch = epoch_,
            .first_seq = next_seq_,
            .written = rest_.clock.wall(),
            .durable = durable_};
  batch_bytes_ = batch_header_bytes;
  key_ = record_key(batch_);
  definitions_.clear();
  plan_keys_.clear();
  ids_.clear();
  bounds_ = {};
  parts_.assign(2, byte_span());  // for the header and the definitions
}

void batch_writer::define_plan(const chunk& from, std::uint64_t key) {
  const std::size_t begin = definitions_.size();
  append_plan(definitions_, key, from.plan(key));
  const std::size_t bytes = definitions_.size() - begin;
  seal_record(definitions_.data() + begin, bytes, key_);
  batch_bytes_ += bytes;
  ++batch_.records;
  plan_keys_.push_back(key);
  defined_.insert(key);
}

void batch_writer::add_record(const chunk& from, std::byte* record, std::size_t bytes) {
  if (staged_kind(record) == record_kind::message)
    note_message(record);
  else
    bounds_.outcomes.widen(from.outcome_bounds);
  seal_record(record, bytes, key_);
  byte_span& last = parts_.back();
  if (parts_.size() > 2 && last.data() + last.size() == record) {
    last = {last.data(), last.size() + bytes};
  } else {
    parts_.emplace_back(record, bytes);
  }
  batch_bytes_ += bytes;
  ++batch_.records;
}

void batch_writer::note_message(const std::byte* record) {
  ++batch_.messages;
  next_seq_ = staged_seq(record).value + 1;
  last_defined_ = staged_plan_key(record);
  const wall_time accepted = staged_accepted_at(record);
  if (batch_.messages == 1) bounds_.first_accepted = accepted;
  bounds_.last_accepted = std::max(bounds_.last_accepted, accepted);
  auto id = id_reader_.read(text_of(staged_envelope(record)));
  if (id.empty()) return;
  const std::uint64_t records_before = batch_bytes_ - definitions_.size();
  ids_.push_back(
      {id_hash(staged_tenant(record), id), {batch_.at.offset, batch_.at.offset + records_before}});
}

/// Writes the batch, if there is one.
status batch_writer::flush() {
  if (batch_.records == 0) return {};
  parts_[1] = definitions_.view();
  for (keyed_place& id : ids_) id.at.record += definitions_.size();
  NIP_CHECK(write_batch(parts_));
  batch_.records = 0;
  return {};
}

status batch_writer::claim() {
  if (free_bytes() < batch_header_bytes) return {};
  return write_empty(false);
}

status batch_writer::announce() {
  if (free_bytes() < batch_header_bytes) NIP_CHECK(roll(batch_header_bytes));
  return write_empty(false);
}

status batch_writer::conclude() {
  if (free_bytes() < batch_header_bytes) return {};
  NIP_CHECK(write_empty(true));
  return sync();
}

status batch_writer::write_empty(bool closing) {
  begin_batch();
  batch_.closing = closing;
  parts_.resize(1);
  return write_batch(parts_);
}

/// Writes header and parts at the tail; the first part is the header's place.
status batch_writer::write_batch(std::span<const byte_span> parts) {
  batch_.bytes = static_cast<std::uint32_t>(batch_bytes_);
  std::array<std::byte, batch_header_bytes> header;
  encode(batch_, header);
  parts_.front() = header;
  NIP_CHECK(never_full(active_.handle->write(offset_, parts)));
  offset_ += batch_bytes_;
  bytes_written_ += batch_bytes_;
  claimed_ = durable_;
  if (batch_.messages != 0) messages_end_ = tail();
  rest_.segments.add_batch({batch_, ids_, plan_keys_, bounds_});
  rest_.room.active.store(free_bytes(), std::memory_order_relaxed);
  return {};
}

status batch_writer::sync() {
  if (!unsynced()) return {};
  NIP_CHECK(never_full(active_.handle->datasync()));
  durable_ = tail();
  rest_.segments.set_durable(durable_);
  return {};
}

/// Goes on in a new segment. The old one is synced first, so that whatever stands in a segment
/// proves that all earlier ones were whole.
status batch_writer::roll(std::uint64_t payload_bytes) {
  NIP_CHECK(sync());
  NIP_TRY(next, rest_.supply.take(payload_bytes, next_seq_));
  const bool sealed = active_.handle != nullptr;
  active_ = std::move(next);
  offset_ = segment_header_bytes;
  durable_ = tail();
  rest_.segments.add_segment(active_.number, active_.bytes);
  rest_.segments.set_durable(durable_);
  rest_.room.active.store(free_bytes(), std::memory_order_relaxed);
  if (sealed) rest_.sealed();
  return {};
}

std::uint64_t batch_writer::free_bytes() const {
  return active_.handle && active_.bytes > offset_ ? active_.bytes - offset_ : 0;
}

/// Moves the chunks that are written as a whole out of the work list.
void batch_writer::retire_chunks() {
  auto end = work_.begin() + static_cast<std::ptrdiff_t>(next_chunk_);
  std::move(work_.begin(), end, std::back_inserter(written_));
  work_.erase(work_.begin(), end);
  next_chunk_ = 0;
}

}  // namespace nip::bus::journal
