// Deliveries whose target has too much in memory wait on disk, in the journal, and come back.
#include <algorithm>

#include "delivery/dispatcher.hpp"

namespace nip::delivery {
namespace {

/// Deliveries that are read back for one target at once.
constexpr std::size_t fetched_max = 512;

}  // namespace

/// The journal has it, nobody waits for its reply, and no order by key must be kept.
bool dispatcher::may_park(const flight& what) {
  return what.journaled() && what.level >= message::ack_level::fsync && !what.wants_reply &&
         !what.guest && !what.plan->ordered();
}

/// A delivery with several candidates may go to any; the first stands for all of them.
target& dispatcher::queue_of(const flight& what, std::uint16_t index) {
  return target_of(what.plan->deliveries()[index].targets.front());
}

bool dispatcher::is_over_budget(const target& to) const {
  return to.admitted_ > at_.chosen.queue_messages_max ||
         to.held_bytes_ > at_.chosen.queue_bytes_max;
}

bool dispatcher::goes_to_disk(const flight& what, std::uint16_t index) {
  const auto& to = queue_of(what, index);
  return is_over_budget(to) || to.backlog_.holds(what.message->view().urgency);
}

void dispatcher::park(flight& what, std::uint16_t index) {
  auto& to = queue_of(what, index);
  to.backlog_.push({what.seq, index}, what.message->view().urgency);
  leave_queue(to, *what.message);
  ++what.parked;
  ++parked_;
}

/// Whoever has half of its budget free again is given of its backlog, a batch at a time.
void dispatcher::look_at_backlog(target& to) {
  if (to.backlog_.empty() || to.fetching_ || stopped_) return;
  if (to.admitted_ > at_.chosen.queue_messages_max / 2 ||
      to.held_bytes_ > at_.chosen.queue_bytes_max / 2)
    return;
  to.fetching_ = true;
  hungry_.push_back(&to);
}

void dispatcher::fetch_backlogs() {
  for (auto* to : hungry_) {
    std::vector<parked_delivery> which;
    const auto room = at_.chosen.queue_messages_max - to->admitted_;
    to->backlog_.take(std::clamp<std::size_t>(room, 1, fetched_max), which);
    parked_ -= which.size();
    at_.owner.on_fetch(*to, std::move(which));
  }
  hungry_.clear();
}

void dispatcher::fetched(target& for_whom) {
  for_whom.fetching_ = false;
  look_at_backlog(for_whom);
}

}  // namespace nip::delivery
