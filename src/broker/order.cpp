// Order by key across shards: an ordered delivery starts once no message with a lower seq can
// follow.
//
// Each shard says below which seq it has launched everything it numbered. What it launches for
// another shard it posts there before it says so. So whoever reads every shard's word, and then
// lets its own posts run, has been given all ordered deliveries below the lowest of those words.
#include "broker/shard.hpp"

namespace nip::broker {

/// Before the journal numbers this turn's messages: none of them gets a seq that is durable
/// already. Shards that are given a higher one take the journal's lock later and so see this word.
void shard::announce_numbers() {
  auto& word = house_.peers[at_.number]->launched_below;
  if (word.load(std::memory_order_relaxed) == shared::all_launched)
    word.store(house_.events.durable().value + 1);
}

void shard::keep_order() {
  auto& me = *house_.peers[at_.number];
  if (to_resume_ == 0) {
    const auto next =
        awaiting_.empty() ? shared::all_launched : awaiting_.front().flight->seq.value;
    if (me.launched_below.load(std::memory_order_relaxed) != next) {
      me.launched_below.store(next);
      wake_those_who_wait();
    }
  }
  const auto first = dispatcher_.first_in_lobby();
  if (me.waits_for_order.load(std::memory_order_relaxed) != first.has_value())
    me.waits_for_order.store(first.has_value());
  if (!first || lets_in_) return;
  // What comes behind the last one that waits here may not have been numbered yet, and so no word
  // speaks of it: by the time that the post runs, some of it may wait while other is here.
  const auto below =
      std::min(launched_everywhere_below(), seq_t(dispatcher_.last_in_lobby().value + 1));
  if (*first >= below) return;
  if (house_.peers.size() == 1) return dispatcher_.let_in(below);
  lets_in_ = true;
  at_.loop.post([this, below] {
    lets_in_ = false;
    dispatcher_.let_in(below);
  });
}

seq_t shard::launched_everywhere_below() const {
  auto lowest = shared::all_launched;
  for (const auto& each : house_.peers) lowest = std::min(lowest, each->launched_below.load());
  return seq_t(lowest);
}

void shard::wake_those_who_wait() {
  for (unsigned i = 0; i < house_.peers.size(); ++i)
    if (i != at_.number && house_.peers[i]->waits_for_order.load())
      house_.peers[i]->loop->post([] {});
}

void shard::expect_resumed(seq_t first, std::size_t count) {
  to_resume_ = count;
  house_.peers[at_.number]->launched_below.store(first.value);
}

}  // namespace nip::broker
