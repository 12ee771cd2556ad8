#include "broker/open_deliveries.hpp"

#include <algorithm>

namespace nip::broker {

void open_deliveries::open(seq_t seq, std::uint16_t index, bool drops) {
  if (by_index_.size() <= index) by_index_.resize(index + std::size_t{1});
  by_index_[index].insert(seq.value);
  any_.insert(seq.value);
  if (drops) drops_.insert({seq.value, index});
}

void open_deliveries::reopen(seq_t seq, std::uint16_t index, std::uint16_t redrives) {
  open(seq, index);
  retries_[{seq.value, index}] = {0, {}, true, redrives};
}

std::uint16_t open_deliveries::redrives(seq_t seq, std::uint16_t index) const {
  const auto note = retries_.find({seq.value, index});
  return note == retries_.end() ? std::uint16_t{0} : note->second.redrives;
}

void open_deliveries::retry(seq_t seq, std::uint16_t index, std::uint16_t attempts,
                            wall_time next_at) {
  if (!is_open(seq, index)) return;
  auto& note = retries_[{seq.value, index}];
  note.attempt = attempts;
  note.next_at = next_at;
}

void open_deliveries::close(seq_t seq, std::uint16_t index, bool buried) {
  if (!is_open(seq, index)) return;
  by_index_[index].erase(seq.value);
  if (!retries_.empty()) retries_.erase({seq.value, index});
  if (!buried && !drops_.empty()) forget(seq, index);
  const auto has_it = [seq](const number_set& set) { return set.contains(seq.value); };
  if (std::ranges::any_of(by_index_, has_it)) return;
  any_.erase(seq.value);
  if (!ordered_.empty()) ordered_.erase(seq.value);
}

bool open_deliveries::is_open(seq_t seq, std::uint16_t index) const {
  return index < by_index_.size() && by_index_[index].contains(seq.value);
}

std::optional<seq_t> open_deliveries::next(seq_t from) const {
  const auto found = any_.next(from.value);
  return found ? std::optional(seq_t(*found)) : std::nullopt;
}

std::vector<open_delivery> open_deliveries::of(seq_t seq) const {
  std::vector<open_delivery> out;
  for (std::size_t i = 0; i < by_index_.size(); ++i) {
    if (!by_index_[i].contains(seq.value)) continue;
    const auto index = static_cast<std::uint16_t>(i);
    const auto note = retries_.find({seq.value, index});
    if (note == retries_.end())
      out.push_back({index, 0, {}, false, 0});
    else
      out.push_back({index, note->second.attempt, note->second.next_at, note->second.ageless,
                     note->second.redrives});
  }
  return out;
}

}  // namespace nip::broker
