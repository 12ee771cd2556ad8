#include "router/index/pattern_bank.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace nip::router {

std::uint32_t pattern_bank::add(cel::path_id path, std::string_view text) {
  patterns_.push_back(
      {.path = path, .in = no_set, .by_itself = cel::regex(text), .text = std::string(text)});
  return static_cast<std::uint32_t>(patterns_.size()) - 1;
}

void pattern_bank::finish() {
  std::map<cel::path_id, std::vector<std::uint32_t>> by_path;
  for (std::uint32_t i = 0; i < patterns_.size(); ++i)
    if (patterns_[i].by_itself.ok()) by_path[patterns_[i].path].push_back(i);
  // Where there are not enough sets, the paths with most patterns have them.
  std::vector<std::span<const std::uint32_t>> rows;
  for (const auto& [path, members] : by_path) rows.emplace_back(members);
  std::ranges::stable_sort(rows, std::greater{}, &std::span<const std::uint32_t>::size);
  for (auto row : rows) {
    while (row.size() > alone_first && sets_.size() < bounds_.sets_max) {
      const auto count = std::min(row.size(), bounds_.patterns_per_set_max);
      make_sets(row.first(count));
      row = row.subspan(count);
    }
  }
  for (auto& each : patterns_) std::string().swap(each.text);
}

/// One set of them, or several when one has not enough memory.
void pattern_bank::make_sets(std::span<const std::uint32_t> members) {
  if (sets_.size() >= bounds_.sets_max) return;
  group made{.search = cel::regex_set(bounds_.set_bytes_max), .members = {}};
  for (const auto each : members)
    if (made.search.add(patterns_[each].text)) made.members.push_back(each);
  if (!made.search.finish() && members.size() >= 2 * patterns_per_set_min) {
    make_sets(members.first(members.size() / 2));
    return make_sets(members.subspan(members.size() / 2));
  }
  for (const auto each : made.members)
    patterns_[each].in = static_cast<std::uint32_t>(sets_.size());
  sets_.push_back(std::move(made));
}

bool pattern_bank::found_in(std::uint32_t number, std::string_view text,
                            pattern_answers& answers) const {
  const auto& one = patterns_[number];
  auto& known = answers.known_[number];
  if (known.epoch == answers.epoch_) return known.found;
  if (one.in != no_set && is_searched(one.in, text, answers))
    return known.epoch == answers.epoch_ && known.found;
  known = {answers.epoch_, one.by_itself.found_in(text)};
  return known.found;
}

/// Whether the answers of all patterns of the set are known: from the one after alone_first on.
bool pattern_bank::is_searched(std::uint32_t number, std::string_view text,
                               pattern_answers& answers) const {
  auto& progress = answers.sets_[number];
  if (progress.epoch != answers.epoch_) progress = {.epoch = answers.epoch_};
  if (progress.searched) return true;
  // Tried once a message.
  return progress.asked++ == alone_first && search(number, text, answers);
}

bool pattern_bank::search(std::uint32_t number, std::string_view text,
                          pattern_answers& answers) const {
  const auto& in = sets_[number];
  if (!in.search.search(text, answers.found_)) {
    failures_->fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  for (const auto place : answers.found_)
    answers.known_[in.members[static_cast<std::size_t>(place)]] = {answers.epoch_, true};
  answers.sets_[number] = {.epoch = answers.epoch_, .asked = 0, .searched = true};
  return true;
}

std::span<const std::uint32_t> pattern_bank::found_by(std::uint32_t number, std::string_view text,
                                                      pattern_answers& answers) const {
  auto& out = answers.numbers_;
  out.clear();
  if (search(number, text, answers)) {
    for (const auto place : answers.found_)
      out.push_back(sets_[number].members[static_cast<std::size_t>(place)]);
    return out;
  }
  for (const auto each : sets_[number].members) {
    auto& known = answers.known_[each];
    known = {answers.epoch_, patterns_[each].by_itself.found_in(text)};
    if (known.found) out.push_back(each);
  }
  return out;
}

std::size_t pattern_bank::alone() const {
  return static_cast<std::size_t>(std::ranges::count(patterns_, no_set, &pattern::in));
}

void pattern_answers::next() {
  if (++epoch_ != 0) return;
  std::ranges::fill(known_, answer{});
  std::ranges::fill(sets_, progress{});
  epoch_ = 1;
}

}  // namespace nip::router
