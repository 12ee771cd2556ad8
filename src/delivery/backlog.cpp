#include "delivery/backlog.hpp"

#include <algorithm>

namespace nip::delivery {

void backlog::push(parked_delivery which, message::priority urgency) {
  by_class_[static_cast<std::size_t>(urgency)].push_back(which.seq.value << index_bits |
                                                         which.index);
  ++size_;
}

void backlog::take(std::size_t most, std::vector<parked_delivery>& into) {
  const auto until = into.size() + most;
  const auto share = std::max<std::size_t>(most / lower_share, 1);
  for (std::size_t lower = 0; lower + 1 < by_class_.size() && into.size() < until; ++lower)
    take_from(by_class_[lower], std::min(share, until - into.size()), into);
  for (std::size_t high = by_class_.size(); high-- > 0;)
    take_from(by_class_[high], until - into.size(), into);
}

void backlog::take_from(std::deque<std::uint64_t>& queue, std::size_t most,
                        std::vector<parked_delivery>& into) {
  for (; most > 0 && !queue.empty(); --most, --size_) {
    into.push_back({seq_t(queue.front() >> index_bits), static_cast<std::uint16_t>(queue.front())});
    queue.pop_front();
  }
}

}  // namespace nip::delivery
