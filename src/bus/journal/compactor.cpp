#include "bus/journal/compactor.hpp"

#include <algorithm>
#include <array>

#include "bus/journal/outcome_run.hpp"
#include "bus/journal/segment_file.hpp"
#include "bus/journal/segment_image.hpp"

namespace nip::bus::journal {
namespace {

constexpr std::size_t read_ahead_bytes = 1u << 20;
constexpr std::string_view unfinished_name = "compacted.tmp";

/// Picks messages by number, and outcomes by a question.
class picker final : public visitor {
 public:
  picker(const std::unordered_set<std::uint64_t>& wanted, std::vector<stored_message>* messages,
         std::function<bool(const outcome_record&)> takes, bus::outcome_list& outcomes)
      : wanted_(wanted), messages_(messages), takes_(std::move(takes)), outcomes_(outcomes) {}
  bool on_message(const message_record& record) override {
    if (messages_ != nullptr && wanted_.contains(record.seq.value))
      messages_->push_back(store_message(record));
    return true;
  }
  bool on_outcome(const outcome_record& record) override {
    if (takes_(record)) outcomes_.push_back(store_outcome(record));
    return true;
  }

 private:
  const std::unordered_set<std::uint64_t>& wanted_;
  std::vector<stored_message>* messages_;
  std::function<bool(const outcome_record&)> takes_;
  bus::outcome_list& outcomes_;
};

status read_all(const reading_source& from, const segment_info& of, segment_pass::texts texts,
                visitor& visit) {
  const segment_view view(from, of);
  NIP_TRY(source, view.open());
  seq_t everything;
  segment_pass pass(view, std::move(source), segment_header_bytes, of.summary.data_end,
                    read_ahead_bytes, texts);
  NIP_TRY(done, pass.run(everything, visit));
  (void)done;
  return {};
}

/// True when some message of segment `home` may be meant, and its outcomes were not brought there.
bool counts_in(std::uint64_t segment, const segment_info& home, const outcome_range& outcomes) {
  const segment_summary& there = home.summary;
  return home.number < segment && home.carried < segment && there.messages != 0 &&
         outcomes.max >= there.begin_seq && outcomes.min < there.end_seq;
}

}  // namespace

struct compactor::content {
  std::unordered_set<std::uint64_t> wanted;
  std::vector<stored_message> messages;
  bus::outcome_list outcomes;  ///< of them, and of messages in older segments
};

result<compactor::verdict> compactor::look_at(const segment_info& of) {
  content kept;
  if (of.summary.messages != 0) kept.wanted = wanted_of(of.summary);
  const bool foreign = may_hold_foreign(of);
  if (kept.wanted.empty() && !foreign) return verdict::empty;
  const bool sparse = kept.wanted.size() * 2 <= of.summary.messages;
  const bool grows = of.carried != 0 && has_news(of);
  if (!sparse && !grows) return verdict::keep;
  NIP_CHECK(gather(of, kept));
  if (kept.messages.empty() && kept.outcomes.empty()) return verdict::empty;
  const std::uint64_t before = freed_;
  NIP_CHECK(rewrite(of, kept));
  return freed_ == before ? verdict::keep : verdict::shrunk;
}

/// From one to the next: numbers were left out in between, 2^20 of them at an unclean end.
std::unordered_set<std::uint64_t> compactor::wanted_of(const segment_summary& range) const {
  std::unordered_set<std::uint64_t> found;
  for (auto next = ledger_.next_wanted(seq_t(range.begin_seq)); next && next->value < range.end_seq;
       next = ledger_.next_wanted(next->next()))
    found.insert(next->value);
  return found;
}

/// True when outcomes that were not brought to the segment's messages yet may stand behind it.
bool compactor::has_news(const segment_info& of) const {
  return std::ranges::any_of(sealed_, [&](const segment_info& later) {
    return later.number <= horizon_ && counts_in(later.number, of, later.summary.outcomes);
  });
}

/// True when outcomes of messages in older segments may stand here, and count here.
bool compactor::may_hold_foreign(const segment_info& of) const {
  if (of.summary.outcomes.max == 0) return false;
  return std::ranges::any_of(sealed_, [&](const segment_info& home) {
    return counts_in(of.number, home, of.summary.outcomes);
  });
}

/// Reads what stays: wanted messages, their outcomes up to the horizon, and outcomes that count
/// here.
status compactor::gather(const segment_info& of, content& into) const {
  const auto own = [&](const outcome_record& record) {
    return into.wanted.contains(record.seq.value);
  };
  picker here(
      into.wanted, &into.messages,
      [&](const outcome_record& record) {
        const outcome_range one{record.seq.value, record.seq.value};
        return own(record) || std::ranges::any_of(sealed_, [&](const segment_info& home) {
                 return counts_in(of.number, home, one);
               });
      },
      into.outcomes);
  NIP_CHECK(read_all(from_, of, segment_pass::texts::all, here));
  if (into.wanted.empty()) return {};
  const auto [low, high] = std::ranges::minmax(into.wanted);
  for (const segment_info& later : sealed_) {
    if (later.number <= std::max(of.number, of.carried) || later.number > horizon_) continue;
    const outcome_range& there = later.summary.outcomes;
    if (there.max < low || there.min > high) continue;
    picker behind(into.wanted, nullptr, own, into.outcomes);
    NIP_CHECK(read_all(from_, later, segment_pass::texts::without_plans, behind));
  }
  return {};
}

/// Replaces the segment's file, unless that would not make it smaller.
status compactor::rewrite(const segment_info& of, const content& kept) {
  segment_image image({.journal_id = from_.journal_id,
                       .segment = of.number,
                       .bytes = 0,
                       .first_seq = std::max<std::uint64_t>(of.summary.begin_seq, 1),
                       .created = of.summary.last_written,
                       .carried = horizon_},
                      epoch_);
  for (const stored_message& each : kept.messages) image.add(each.record);
  std::vector<outcome_record> outcomes;
  for (const auto& each : kept.outcomes) outcomes.push_back(each->record);
  image.add(outcomes);
  const byte_span bytes = image.finish();
  if (bytes.size() * 2 > of.bytes && of.carried == 0) return {};
  const std::string unfinished = path_in(from_.directory, unfinished_name);
  {
    NIP_TRY(target, from_.files.open(unfinished, open_mode::create));
    NIP_CHECK(target->write(0, bytes));
    NIP_CHECK(target->datasync());
  }
  segment_info made{.number = of.number,
                    .bytes = bytes.size(),
                    .summary = image.summary(),
                    .table = {},
                    .carried = horizon_};
  {
    const auto locked = from_.segments.lock_files();
    NIP_CHECK(from_.files.rename(unfinished, path_in(from_.directory, segment_name(of.number))));
    from_.segments.replace(made);
  }
  replace(made);
  freed_ += of.bytes - std::min(of.bytes, made.bytes);
  return from_.files.sync_directory(from_.directory);
}

void compactor::replace(const segment_info& made) {
  const auto at = std::ranges::lower_bound(sealed_, made.number, {}, &segment_info::number);
  if (at != sealed_.end() && at->number == made.number) *at = made;
}

}  // namespace nip::bus::journal
