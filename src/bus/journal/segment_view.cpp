#include "bus/journal/segment_view.hpp"

#include <array>

#include "bus/journal/outcome_run.hpp"
#include "bus/journal/record_cursor.hpp"
#include "bus/journal/segment_file.hpp"

namespace nip::bus::journal {
namespace {

/// Read at first for a single record: most are smaller.
constexpr std::size_t record_bytes_usual = 4096;

}  // namespace

result<std::unique_ptr<file>> segment_view::open() const {
  return from_->files.open(path_in(from_->directory, segment_name(info_.number)), open_mode::read);
}

result<std::unique_ptr<file>> segment_view::open_table() const {
  return from_->files.open(path_in(from_->directory, table_name(info_.number)), open_mode::read);
}

result<std::optional<std::vector<mark>>> segment_view::marks() const {
  if (!info_.table) return from_->segments.live_marks(info_.number);
  auto table = open_table();
  auto found = table ? read_marks(**table, *info_.table)
                     : result<std::vector<mark>>(std::unexpected(std::move(table).error()));
  if (found) return std::move(*found);
  from_->segments.distrust_table(*info_.table);
  return std::nullopt;
}

result<std::optional<std::vector<place>>> segment_view::places(std::uint64_t id_hash) const {
  if (!info_.table) return from_->segments.live_places(info_.number, id_hash);
  auto table = open_table();
  auto found = table ? find_places(**table, *info_.table, table_section::ids, id_hash)
                     : result<std::vector<place>>(std::unexpected(std::move(table).error()));
  if (found) return std::move(*found);
  from_->segments.distrust_table(*info_.table);
  return std::nullopt;
}

std::optional<std::uint64_t> segment_view::plan_batch(std::uint64_t key) const {
  if (!info_.table) return from_->segments.live_plan(info_.number, key);
  auto table = open_table();
  if (!table) return std::nullopt;
  const auto found = find_places(**table, *info_.table, table_section::plans, key);
  if (!found || found->empty()) return std::nullopt;
  return found->back().batch;
}

result<std::optional<stored_message>> segment_view::message_at(const file& segment,
                                                               place at) const {
  if (at.record >= info_.summary.data_end) return std::nullopt;
  std::array<std::byte, batch_header_bytes> head;
  NIP_TRY(head_bytes, segment.read(at.batch, head));
  const auto batch = decode_batch_header(byte_span(head).first(head_bytes));
  if (!batch || batch->journal_id != from_->journal_id ||
      batch->at != position{info_.number, at.batch})
    return std::nullopt;
  const std::uint64_t left = batch->at.offset + batch->bytes - at.record;
  std::vector<std::byte> bytes(std::min<std::uint64_t>(record_bytes_usual, left));
  NIP_TRY(got, segment.read(at.record, bytes));
  bytes.resize(got);
  if (const auto whole = stored_record_bytes(bytes); whole > got && whole <= left) {
    bytes.resize(whole);
    NIP_TRY(all, segment.read(at.record, bytes));
    bytes.resize(all);
  }
  const auto record = read_record(bytes, record_key(*batch));
  auto message = record ? decode_message(record->record) : std::nullopt;
  if (!message) return std::nullopt;
  plan_book plans(segment, {from_->journal_id, info_.number, info_.summary.data_end},
                  [this](std::uint64_t key) { return plan_batch(key); });
  NIP_TRY(plan, plans.find(message->plan_key));
  message->plan = plan;
  return store_message(*message);
}

segment_pass::segment_pass(const segment_view& of, std::unique_ptr<file> segment,
                           std::uint64_t begin, std::uint64_t end, std::size_t ahead_bytes,
                           texts wanted)
    : segment_(std::move(segment)),
      walker_(*segment_, {of.source().journal_id, of.info().number, begin, end},
              segment_walker::bodies::read, ahead_bytes),
      plans_(*segment_, {of.source().journal_id, of.info().number, of.info().summary.data_end},
             [view = of](std::uint64_t key) { return view.plan_batch(key); }),
      wanted_(wanted) {}

result<bool> segment_pass::run(seq_t& from, visitor& visit) {
  for (;;) {
    NIP_TRY(step, walker_.next());
    if (step.what == walk_step::kind::end) return true;
    if (step.what != walk_step::kind::batch) continue;
    NIP_TRY(more, visit_batch(step, from, visit));
    if (!more) return false;
  }
}

result<bool> segment_pass::visit_batch(const walk_step& step, seq_t& from, visitor& visit) {
  record_cursor records(step.body, record_key(step.header));
  for (auto found = records.next(); found != record_cursor::found::end; found = records.next()) {
    if (found != record_cursor::found::record) continue;  // recovery has reported it
    NIP_TRY(more, visit_record(records.record(), from, visit));
    if (!more) return false;
  }
  return true;
}

result<bool> segment_pass::visit_record(const record_view& record, seq_t& from, visitor& visit) {
  switch (record.kind) {
    case record_kind::message:
      return visit_message(record, from, visit);
    case record_kind::plan:
      if (wanted_ == texts::without_plans) return true;
      if (auto plan = decode_plan(record)) plans_.add(*plan);
      return true;
    case record_kind::outcome:
    case record_kind::outcome_run:
      if (from) return true;
      return visit_outcomes(record,
                            [&](const auto& outcome) { return visit.on_outcome(outcome); }) ||
             !sound_outcomes(record);
    default: {
      const auto other = decode_note(record);
      return from || !other || visit.on_note(*other);  // unknown kinds are passed over
    }
  }
}

result<bool> segment_pass::visit_message(const record_view& record, seq_t& from, visitor& visit) {
  auto message = decode_message(record);
  if (!message || message->seq < from) return true;
  from = seq_t();
  if (wanted_ == texts::all) {
    NIP_TRY(plan, plans_.find(message->plan_key));
    message->plan = plan;
  }
  return visit.on_message(*message);
}

stored_message store_message(const message_record& record) {
  stored_message stored;
  // More than fits into the string itself, so that the views survive a move.
  stored.bytes.reserve(record.envelope.size() + record.plan.size() + sizeof(std::string));
  stored.bytes.append(record.envelope).append(record.plan);
  stored.record = record;
  std::string_view bytes = stored.bytes;
  stored.record.envelope = bytes.substr(0, record.envelope.size());
  stored.record.plan = bytes.substr(record.envelope.size());
  return stored;
}

std::unique_ptr<bus::owned_outcome> store_outcome(const outcome_record& record) {
  auto stored = std::make_unique<bus::owned_outcome>();
  stored->bytes.append(record.target).append(record.text).append(record.reply);
  stored->record = record;
  std::string_view bytes = stored->bytes;
  stored->record.target = bytes.substr(0, record.target.size());
  stored->record.text = bytes.substr(record.target.size(), record.text.size());
  stored->record.reply = bytes.substr(record.target.size() + record.text.size());
  return stored;
}

}  // namespace nip::bus::journal
