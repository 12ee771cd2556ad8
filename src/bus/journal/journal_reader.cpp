#include "bus/journal/journal_reader.hpp"

#include <algorithm>

#include "bus/journal/envelope_id.hpp"
#include "bus/journal/segment_digest.hpp"

namespace nip::bus::journal {
namespace {

/// Read ahead of a scan, and of a look at one message.
constexpr std::size_t scan_ahead_bytes = 1u << 20;
constexpr std::size_t look_ahead_bytes = 64u << 10;

/// Passes over records of one kind.
struct go_on {
  template <class Record>
  bool operator()(const Record& /*record*/) const {
    return true;
  }
};

/// Calls a function for each kind of record, until one of them says false.
template <class OnMessage, class OnOutcome, class OnNote = go_on>
class calling_visitor final : public visitor {
 public:
  calling_visitor(OnMessage message, OnOutcome outcome, OnNote note_call = {})
      : message_(std::move(message)), outcome_(std::move(outcome)), note_(std::move(note_call)) {}
  bool on_message(const message_record& record) override { return message_(record); }
  bool on_outcome(const outcome_record& record) override { return outcome_(record); }
  bool on_note(const note& record) override { return note_(record); }

 private:
  OnMessage message_;
  OnOutcome outcome_;
  OnNote note_;
};

/// The segment that has message `seq`, if any has: an index, or how many there are.
std::size_t home_of(std::span<const segment_view> segments, seq_t seq) {
  const auto behind = std::find_if(segments.rbegin(), segments.rend(), [&](const auto& segment) {
    const segment_summary& summary = segment.info().summary;
    return summary.begin_seq != 0 && summary.begin_seq <= seq.value;
  });
  return static_cast<std::size_t>(segments.rend() - behind) - (behind == segments.rend() ? 0 : 1);
}

/// Where reading has to begin for message `seq`.
result<std::uint64_t> begin_for(const segment_view& segment, seq_t seq) {
  if (seq.value <= 1) return segment_header_bytes;
  NIP_TRY(marks, segment.marks());
  if (!marks) return segment_header_bytes;
  const auto above = std::upper_bound(
      marks->begin(), marks->end(), seq.value,
      [](std::uint64_t number, const mark& each) { return number < each.first_seq; });
  return above == marks->begin() ? segment_header_bytes : std::prev(above)->offset;
}

result<bool> run(const segment_view& segment, std::uint64_t begin, std::uint64_t end,
                 std::size_t ahead, segment_pass::texts wanted, seq_t& from, visitor& visit) {
  NIP_TRY(source, segment.open());
  return segment_pass(segment, std::move(source), begin, end, ahead, wanted).run(from, visit);
}

/// The newest message of the segment with the id.
result<std::optional<stored_message>> search(const segment_view& segment, tenant_id tenant,
                                             std::string_view id) {
  envelope_id_reader reader;
  std::optional<stored_message> newest;
  calling_visitor visit(
      [&](const message_record& record) {
        if (record.tenant == tenant && reader.read(record.envelope) == id)
          newest = store_message(record);
        return true;
      },
      go_on{});
  seq_t everything;
  NIP_CHECK(run(segment, segment_header_bytes, segment.info().summary.data_end, scan_ahead_bytes,
                segment_pass::texts::all, everything, visit));
  return newest;
}

/// The same, by the segment's table or index.
result<std::optional<stored_message>> look_up(const segment_view& segment, tenant_id tenant,
                                              std::string_view id) {
  NIP_TRY(places, segment.places(id_hash(tenant, id)));
  if (!places) return search(segment, tenant, id);
  if (places->empty()) return std::nullopt;
  envelope_id_reader reader;
  NIP_TRY(source, segment.open());
  for (const place& each : *places) {
    NIP_TRY(message, segment.message_at(*source, each));
    if (message && message->record.tenant == tenant && reader.read(message->record.envelope) == id)
      return std::move(message);
  }
  return std::nullopt;
}

/// Passes on what counts where it stands: outcomes that were carried to their messages do not.
class counting_visitor final : public visitor {
 public:
  counting_visitor(visitor& to, std::span<const segment_view> all) : to_(to) {
    for (const segment_view& each : all)
      if (each.info().carried != 0) sparse_.push_back(each.info());
  }
  void enter(std::uint64_t segment) { segment_ = segment; }

  bool on_message(const message_record& record) override { return to_.on_message(record); }
  bool on_outcome(const outcome_record& record) override {
    return was_carried(record.seq.value) || to_.on_outcome(record);
  }
  bool on_note(const note& record) override { return to_.on_note(record); }

 private:
  bool was_carried(std::uint64_t seq) const {
    const auto behind = std::upper_bound(sparse_.begin(), sparse_.end(), seq,
                                         [](std::uint64_t number, const segment_info& each) {
                                           return number < each.summary.begin_seq;
                                         });
    if (behind == sparse_.begin()) return false;
    const segment_info& home = *std::prev(behind);
    return home.number < segment_ && segment_ <= home.carried && seq < home.summary.end_seq;
  }

  visitor& to_;
  std::vector<segment_info> sparse_;
  std::uint64_t segment_ = 0;
};

/// Adds the outcomes of `seq` that stand in one segment.
status add_outcomes(const segment_view& segment, seq_t seq, bus::outcome_list& found) {
  const segment_summary& summary = segment.info().summary;
  if (!summary.outcomes.may_have(seq)) return {};
  calling_visitor visit(go_on{}, [&](const outcome_record& record) {
    if (record.seq == seq) found.push_back(store_outcome(record));
    return true;
  });
  const auto pick = [&](std::uint64_t begin, std::uint64_t end) -> status {
    seq_t everything;
    NIP_CHECK(run(segment, begin, std::min(end, summary.data_end), look_ahead_bytes,
                  segment_pass::texts::without_plans, everything, visit));
    return {};
  };
  NIP_TRY(marks, segment.marks());
  if (!marks) return pick(segment_header_bytes, summary.data_end);
  for (std::size_t i = 0; i < marks->size();) {
    // What stands before the message says nothing of it.
    const auto wanted = [&](std::size_t at) {
      return (*marks)[at].outcomes.may_have(seq) &&
             (at + 1 == marks->size() || (*marks)[at + 1].first_seq > seq.value);
    };
    const std::size_t begin = i++;
    if (!wanted(begin)) continue;
    while (i < marks->size() && wanted(i)) ++i;
    NIP_CHECK(
        pick((*marks)[begin].offset, i == marks->size() ? summary.data_end : (*marks)[i].offset));
  }
  return {};
}

result<bus::outcome_list> outcomes_behind(std::span<const segment_view> segments, seq_t seq) {
  bus::outcome_list found;
  if (segments.empty()) return found;
  const segment_info& home = segments.front().info();
  for (const segment_view& segment : segments) {
    const std::uint64_t number = segment.info().number;
    if (number == home.number || number > home.carried)
      NIP_CHECK(add_outcomes(segment, seq, found));
  }
  return found;
}

}  // namespace

journal_reader::views journal_reader::segments() const {
  views found;
  for (segment_info& info : from_.segments.readable()) found.emplace_back(from_, std::move(info));
  return found;
}

status journal_reader::scan(seq_t from, visitor& visit) const {
  const views all = segments();
  counting_visitor counting(visit, all);
  seq_t skip_to = from.value > 1 ? from : seq_t();
  for (std::size_t i = home_of(all, from); i < all.size(); ++i) {
    // What retention took away in the meantime is not read; what it makes smaller from now on is.
    auto held = from_.segments.hold_files();
    const auto now = from_.segments.readable(all[i].info().number);
    if (!now) continue;
    segment_info info = *now;
    if (info.carried == all[i].info().carried)
      info.summary.data_end = all[i].info().summary.data_end;
    const segment_view segment(from_, info);
    std::uint64_t begin = segment_header_bytes;
    if (skip_to) {
      NIP_TRY(known, begin_for(segment, from));
      begin = known;
    }
    NIP_TRY(source, segment.open());
    held.unlock();
    counting.enter(info.number);
    segment_pass pass(segment, std::move(source), begin, info.summary.data_end, scan_ahead_bytes);
    NIP_TRY(more, pass.run(skip_to, counting));
    if (!more) break;
  }
  return {};
}

status journal_reader::replay(position begin, position end, visitor& visit) const {
  calling_visitor every(
      [&](const message_record& record) { return visit.on_message(record), true; },
      [&](const outcome_record& record) { return visit.on_outcome(record), true; },
      [&](const note& record) { return visit.on_note(record), true; });
  const views all = segments();
  counting_visitor counting(every, all);
  for (const segment_view& segment : all) {
    const std::uint64_t number = segment.info().number;
    counting.enter(number);
    if (number < begin.segment || number > end.segment) continue;
    std::uint64_t first = segment_header_bytes;
    std::uint64_t last = segment.info().summary.data_end;
    if (number == begin.segment) first = std::max(first, begin.offset);
    if (number == end.segment) last = std::min(last, end.offset);
    if (first >= last) continue;
    seq_t everything;
    NIP_CHECK(run(segment, first, last, scan_ahead_bytes, segment_pass::texts::all, everything,
                  counting));
  }
  return {};
}

result<std::optional<stored_message>> journal_reader::read(seq_t seq) const {
  const auto held = from_.segments.hold_files();
  const views all = segments();
  std::optional<stored_message> found;
  calling_visitor visit(
      [&](const message_record& record) {
        if (record.seq == seq) found = store_message(record);
        return false;
      },
      go_on{});
  for (std::size_t i = home_of(all, seq); i < all.size(); ++i) {
    NIP_TRY(begin, begin_for(all[i], seq));
    seq_t skip_to = seq;
    NIP_TRY(more, run(all[i], begin, all[i].info().summary.data_end, look_ahead_bytes,
                      segment_pass::texts::all, skip_to, visit));
    if (!more) break;
  }
  return found;
}

result<std::optional<bus::found>> journal_reader::find(tenant_id tenant,
                                                       std::string_view id) const {
  const auto held = from_.segments.hold_files();
  const views all = segments();
  for (std::size_t i = all.size(); i-- > 0;) {
    NIP_TRY(message, look_up(all[i], tenant, id));
    if (!message) continue;
    NIP_TRY(outcomes, outcomes_behind(std::span(all).subspan(i), message->record.seq));
    return bus::found{std::move(*message), std::move(outcomes)};
  }
  return std::nullopt;
}

result<bus::outcome_list> journal_reader::outcomes(seq_t seq) const {
  const auto held = from_.segments.hold_files();
  const views all = segments();
  return outcomes_behind(std::span(all).subspan(home_of(all, seq)), seq);
}

result<std::optional<seq_t>> journal_reader::first_since(wall_time time) const {
  const auto held = from_.segments.hold_files();
  std::optional<seq_t> first;
  calling_visitor visit(
      [&](const message_record& record) {
        if (record.accepted_at >= time) first = record.seq;
        return !first;
      },
      go_on{});
  for (const segment_view& segment : segments()) {
    const segment_summary& summary = segment.info().summary;
    if (summary.messages == 0 || summary.last_accepted < time) continue;
    NIP_TRY(marks, segment.marks());
    std::uint64_t begin = segment_header_bytes;
    if (marks) {
      const auto reached = std::find_if(marks->begin(), marks->end(), [&](const mark& each) {
        return each.first_accepted.ns != 0 && each.last_accepted >= time;
      });
      if (reached == marks->end()) continue;
      begin = reached->offset;
    }
    seq_t everything;
    NIP_CHECK(run(segment, begin, summary.data_end, look_ahead_bytes,
                  segment_pass::texts::without_plans, everything, visit));
    if (first) break;
  }
  return first;
}

}  // namespace nip::bus::journal
