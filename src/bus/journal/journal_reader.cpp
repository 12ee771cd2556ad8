#include "bus/journal/journal_reader.hpp"

#include <algorithm>

#include "bus/journal/envelope_id.hpp"
#include "bus/journal/outcome_run.hpp"
#include "bus/journal/record_cursor.hpp"
#include "bus/journal/segment_file.hpp"

namespace nip::bus::journal {
namespace {

/// Read ahead of a scan, and of a look at one message.
constexpr std::size_t scan_ahead_bytes = 1u << 20;
constexpr std::size_t look_ahead_bytes = 64u << 10;

/// Copies a record's bytes; the views of the copy point into it.
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

std::unique_ptr<bus::found::owned_outcome> store_outcome(const outcome_record& record) {
  auto stored = std::make_unique<bus::found::owned_outcome>();
  stored->bytes.append(record.target).append(record.text).append(record.reply);
  stored->record = record;
  std::string_view bytes = stored->bytes;
  stored->record.target = bytes.substr(0, record.target.size());
  stored->record.text = bytes.substr(record.target.size(), record.text.size());
  stored->record.reply = bytes.substr(record.target.size() + record.text.size());
  return stored;
}

/// Takes the one message that it waits for, then that message's outcomes.
class collector final : public visitor {
 public:
  enum class wanted : std::uint8_t { message, message_and_outcomes };
  collector(seq_t seq, wanted what) : seq_(seq), what_(what) {}

  bool on_message(const message_record& record) override {
    if (record.seq == seq_) found.emplace(bus::found{store_message(record), {}});
    return what_ == wanted::message_and_outcomes ? found.has_value() : false;
  }
  bool on_outcome(const outcome_record& record) override {
    if (found && record.seq == seq_) found->outcomes.push_back(store_outcome(record));
    return true;
  }

  std::optional<bus::found> found;

 private:
  seq_t seq_;
  wanted what_;
};

/// Finds the newest message with an id among those of one extent.
class id_search final : public visitor {
 public:
  id_search(tenant_id tenant, std::string_view id) : tenant_(tenant), id_(id) {}

  bool on_message(const message_record& record) override {
    if (record.tenant == tenant_ && reader_.read(record.envelope) == id_) newest = record.seq;
    return true;
  }
  bool on_outcome(const outcome_record&) override { return true; }

  std::optional<seq_t> newest;

 private:
  tenant_id tenant_;
  std::string_view id_;
  envelope_id_reader reader_;
};

}  // namespace

/// One walk over one extent.
class journal_reader::pass {
 public:
  pass(const source& from, const catalogue::extent& extent, std::unique_ptr<file> segment,
       std::size_t ahead_bytes)
      : segment_(std::move(segment)),
        walker_(*segment_, {from.journal_id, extent.segment, extent.begin, extent.end},
                segment_walker::bodies::read, ahead_bytes),
        plans_(*segment_, {from.journal_id, extent.segment, extent.end}, from.segments) {}

  static result<std::unique_ptr<pass>> open(const source& from, const catalogue::extent& extent,
                                            std::size_t ahead_bytes) {
    NIP_TRY(segment, from.files.open(path_in(from.directory, segment_name(extent.segment)),
                                     open_mode::read));
    return std::make_unique<pass>(from, extent, std::move(segment), ahead_bytes);
  }

  /// Visits everything behind the first message that is not below `from`, which is cleared once it
  /// was reached. False when the visitor has had enough.
  result<bool> run(seq_t& from, visitor& visit) {
    for (;;) {
      NIP_TRY(step, walker_.next());
      if (step.what == walk_step::kind::end) return true;
      if (step.what != walk_step::kind::batch) continue;
      NIP_TRY(more, visit_batch(step, from, visit));
      if (!more) return false;
    }
  }

 private:
  result<bool> visit_batch(const walk_step& step, seq_t& from, visitor& visit) {
    record_cursor records(step.body, record_key(step.header));
    for (auto found = records.next(); found != record_cursor::found::end; found = records.next()) {
      if (found != record_cursor::found::record) continue;  // recovery has reported it
      NIP_TRY(more, visit_record(records.record(), from, visit));
      if (!more) return false;
    }
    return true;
  }

  result<bool> visit_record(const record_view& record, seq_t& from, visitor& visit) {
    switch (record.kind) {
      case record_kind::message:
        return visit_message(record, from, visit);
      case record_kind::plan:
        if (auto plan = decode_plan(record)) plans_.add(*plan);
        return true;
      case record_kind::outcome:
      case record_kind::outcome_run:
        if (from) return true;
        return visit_outcomes(record,
                              [&](const auto& outcome) { return visit.on_outcome(outcome); }) ||
               !sound_outcomes(record);
      default:
        return true;  // kinds of later storeys
    }
  }

  result<bool> visit_message(const record_view& record, seq_t& from, visitor& visit) {
    auto message = decode_message(record);
    if (!message || message->seq < from) return true;
    from = seq_t();
    NIP_TRY(plan, plans_.find(message->plan_key));
    message->plan = plan;
    return visit.on_message(*message);
  }

  std::unique_ptr<file> segment_;
  segment_walker walker_;
  plan_book plans_;
};

status journal_reader::scan(seq_t from, visitor& visit) const {
  seq_t skip_to = from.value > 1 ? from : seq_t();
  for (const auto& extent : from_.segments.extents_from(from)) {
    NIP_TRY(reading, pass::open(from_, extent, scan_ahead_bytes));
    NIP_TRY(more, reading->run(skip_to, visit));
    if (!more) break;
  }
  return {};
}

result<std::optional<stored_message>> journal_reader::read(seq_t seq) const {
  collector wanted(seq, collector::wanted::message);
  auto extents = from_.segments.extents_from(seq);
  for (const auto& extent : extents) {
    NIP_TRY(reading, pass::open(from_, extent, look_ahead_bytes));
    seq_t skip_to = seq;
    NIP_TRY(more, reading->run(skip_to, wanted));
    if (!more) break;
  }
  if (!wanted.found) return std::nullopt;
  return std::move(wanted.found->message);
}

result<std::optional<bus::found>> journal_reader::find(tenant_id tenant,
                                                       std::string_view id) const {
  NIP_TRY(seq, find_seq(tenant, id));
  if (!seq) return std::nullopt;
  collector wanted(*seq, collector::wanted::message_and_outcomes);
  NIP_CHECK(scan(*seq, wanted));
  return std::move(wanted.found);
}

result<std::optional<seq_t>> journal_reader::find_seq(tenant_id tenant, std::string_view id) const {
  envelope_id_reader reader;
  for (seq_t candidate : from_.ids.find(id_index::hash(tenant, id))) {
    NIP_TRY(message, read(candidate));
    if (message && message->record.tenant == tenant && reader.read(message->record.envelope) == id)
      return candidate;
  }
  if (from_.ids.complete()) return std::nullopt;
  return search_backward(tenant, id);
}

/// Segment by segment, the newest first.
result<std::optional<seq_t>> journal_reader::search_backward(tenant_id tenant,
                                                             std::string_view id) const {
  auto extents = from_.segments.extents_from(seq_t(1));
  for (auto extent = extents.rbegin(); extent != extents.rend(); ++extent) {
    id_search search(tenant, id);
    seq_t everything;
    NIP_TRY(reading, pass::open(from_, *extent, scan_ahead_bytes));
    NIP_TRY(more, reading->run(everything, search));
    if (more && search.newest) return search.newest;
  }
  return std::nullopt;
}

}  // namespace nip::bus::journal
