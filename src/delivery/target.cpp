#include "delivery/target.hpp"

#include <algorithm>

namespace nip::delivery {
namespace {

std::size_t class_of(const delivery& one) {
  return static_cast<std::size_t>(one.owner->message->view().urgency);
}

}  // namespace

void target::push(delivery& one) { queues_[class_of(one)].push_back(one); }

void target::remove(delivery& one) {
  auto& queue = queues_[class_of(one)];
  queue.erase(queue.iterator_to(one));
}

delivery* target::pop() {
  constexpr std::uint32_t turn = 20;
  constexpr std::uint32_t granted[] = {14, 9,
                                       4};  // picks of a turn that are low's, normal's, high's
  const std::uint32_t pick = picks_++ % turn;
  std::size_t from = queues_.size();
  for (std::size_t lower = 0; lower < std::size(granted); ++lower)
    if (pick == granted[lower] && !queues_[lower].empty()) from = lower;
  for (std::size_t high = queues_.size(); from == queues_.size() && high-- > 0;)
    if (!queues_[high].empty()) from = high;
  if (from == queues_.size()) return nullptr;
  auto& first = queues_[from].front();
  queues_[from].pop_front();
  return &first;
}

std::size_t target::queued() const {
  std::size_t sum = 0;
  for (const auto& queue : queues_) sum += queue.size();
  return sum;
}

router::candidate target::as_candidate() const {
  router::candidate out;
  out.name = name_;
  out.in_flight = in_flight_ + static_cast<std::uint32_t>(queued());
  out.limit = in_flight_max();
  out.latency_median_ns = stats_.median_ns(in_flight_);
  out.latency_long_ns = stats_.longest_ns(in_flight_);
  out.service_time_ns = stats_.service_ns();
  out.failure_rate = stats_.failure_rate();
  out.time_to_fail_ns = stats_.time_to_fail_ns();
  out.price = spec_ ? spec_->about.cost : 0;
  out.available = available();
  if (!out.available) out.why = enabled() ? router::absence::unhealthy : router::absence::disabled;
  return out;
}

std::uint32_t target::in_flight_max() const {
  if (instance_)
    return static_cast<std::uint32_t>(std::max<std::size_t>(instance_->in_flight_max(), 1));
  if (!spec_) return 1;
  return std::max(spec_->set.in_flight_max ? spec_->set.in_flight_max : spec_->about.in_flight_max,
                  1u);
}

std::uint32_t target::batch_max() const {
  if (!spec_) return 1;
  return std::clamp(spec_->set.batch_max ? spec_->set.batch_max : spec_->about.batch_max, 1u, 256u);
}

}  // namespace nip::delivery
