#include "broker/schedule.hpp"

#include <algorithm>

namespace nip::broker {

std::optional<wall_time> schedule::next() const {
  if (waiting_.empty()) return std::nullopt;
  return waiting_.top().due;
}

std::vector<seq_t> schedule::take_due(wall_time now, std::size_t most) {
  std::vector<seq_t> out;
  for (; !waiting_.empty() && waiting_.top().due <= now && out.size() < most; waiting_.pop())
    out.push_back(waiting_.top().seq);
  std::ranges::sort(out);
  return out;
}

}  // namespace nip::broker
