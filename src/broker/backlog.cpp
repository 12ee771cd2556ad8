// Deliveries that wait on disk come back when their target has room.
#include <algorithm>

#include "broker/shard.hpp"

namespace nip::broker {

/// Its deliveries are on disk: nothing of it is left to remember here.
void shard::on_parked(delivery::flight& what) {
  counters_.parked.add(what.parked);
  dispatcher_.settle(*what.message);
  --open_messages_;
  dispatcher_.release(what);
}

void shard::on_fetch(delivery::target& for_whom, std::vector<delivery::parked_delivery> which) {
  ++fetching_;
  house_.reader->post([this, &for_whom, which = std::move(which)] {
    std::vector<seq_t> wanted;
    for (const auto& each : which) wanted.push_back(each.seq);
    std::ranges::sort(wanted);
    wanted.erase(std::ranges::unique(wanted).begin(), wanted.end());
    auto found = read_back(house_.events, wanted);
    at_.loop.post([this, &for_whom, which, found = std::move(found)] {
      --fetching_;
      if (!found)
        house_.log.error(
            "{} deliveries for plugin \"{}\" cannot be read back and wait for the next "
            "start: {}",
            which.size(), for_whom.name(), found.error().detail);
      take_back(for_whom, which, found ? *found : std::vector<stored_work>{});
    });
  });
}

void shard::take_back(delivery::target& for_whom, std::span<const delivery::parked_delivery> asked,
                      const std::vector<stored_work>& found) {
  for (const auto& each : asked) {
    const auto at = std::ranges::lower_bound(found, each.seq, {}, &stored_work::seq);
    if (at == found.end() || at->seq != each.seq) {
      counters_.parked_lost.add(1);
      house_.log.error("message seq {} for plugin \"{}\" cannot be read back from the journal",
                       each.seq.value, for_whom.name());
      continue;
    }
    auto made = restore(at->envelope, at->tenant, at->accepted_at);
    if (!made) {
      counters_.parked_lost.add(1);
      house_.log.error("message seq {} of the journal cannot be read back: {}", each.seq.value,
                       made.error().detail);
      continue;
    }
    resume({std::move(*made),
            at->plan,
            at->seq,
            at->tenant_seq,
            at->wants_reply,
            {{each.index, 0, {}, 0}},
            false},
           true);
  }
  dispatcher_.fetched(for_whom);
}

}  // namespace nip::broker
