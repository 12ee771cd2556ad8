// What waits in the journal comes back: deliveries whose target has room again, messages whose time
// has come, and what was open at a start.
#include <algorithm>
#include <map>

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
  std::vector<seq_t> wanted;
  std::multimap<seq_t, std::uint16_t> indices;
  for (const auto& each : which) {
    wanted.push_back(each.seq);
    indices.emplace(each.seq, each.index);
  }
  std::ranges::sort(wanted);
  wanted.erase(std::ranges::unique(wanted).begin(), wanted.end());
  fetch(
      std::move(wanted),
      [this, indices = std::move(indices)](const stored_work& work) {
        std::vector<delivery::resumption> mine;
        for (auto [at, end] = indices.equal_range(work.seq); at != end; ++at)
          mine.push_back({at->second, 0, {}, 0});
        go_on(work, std::move(mine), counting::wanted, true);
      },
      [this, &for_whom] { dispatcher_.fetched(for_whom); });
}

void shard::fetch(std::vector<seq_t> rising, std::function<void(const stored_work&)> each,
                  std::function<void()> done) {
  house_.reader->post(
      [this, rising = std::move(rising), each = std::move(each), done = std::move(done)] {
        auto found = read_back(house_.events, rising);
        at_.loop.post([this, rising, each, done, found = std::move(found)] {
          if (!found) house_.log.error("the journal cannot be read: {}", found.error().detail);
          const auto there =
              found ? std::span<const stored_work>(*found) : std::span<const stored_work>();
          auto at = there.begin();
          for (const auto seq : rising) {
            if (at != there.end() && at->seq == seq)
              each(*at++);
            else
              note_unreadable(seq, "it is not there, or damaged");
          }
          done();
        });
      });
}

void shard::go_on(const stored_work& what, std::vector<delivery::resumption> deliveries,
                  counting from, bool from_backlog) {
  auto made = restore(what.envelope, what.tenant, what.accepted_at);
  if (!made) return note_unreadable(what.seq, made.error().detail);
  resume({std::move(*made), what.plan, what.seq, what.tenant_seq, what.wants_reply,
          std::move(deliveries), from},
         from_backlog);
}

void shard::note_unreadable(seq_t seq, std::string_view why) {
  counters_.unreadable.add(1);
  house_.log.error(
      "message seq {} has open deliveries and cannot be read back from the journal; the next start "
      "tries again: {}",
      seq.value, why);
}

}  // namespace nip::broker
