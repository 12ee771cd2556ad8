// Puts back to work what was accepted before a restart and had not finished.
#include <fmt/format.h>

#include <algorithm>

#include "broker/house.hpp"
#include "broker/ledger.hpp"
#include "broker/letter_making.hpp"
#include "broker/read_back.hpp"

namespace nip::broker {
namespace {

/// Messages that are read at once; the next ones when the shards have taken these.
constexpr std::size_t chunk_messages = 256;

/// Makes letters of what the ledger and the journal say.
class letter_maker {
 public:
  explicit letter_maker(const message::codec_limits& limits) : codec_(limits) {}

  std::optional<dead_letter> operator()(const ledger::dead_delivery& dead,
                                        const stored_work& work) {
    const auto made =
        message::restore_message(pool_, codec_, work.envelope, work.tenant, work.accepted_at);
    if (!made) return std::nullopt;
    if (dead.whole)
      return letter_of_whole(**made, dead.seq, work.tenant_seq, work.plan->dead_reason());
    if (dead.index >= work.plan->deliveries().size()) return std::nullopt;
    return letter_of(
        **made, dead.seq, work.tenant_seq, work.plan->deliveries()[dead.index],
        {dead.index, dead.expired, dead.attempts, dead.redrives, dead.target, dead.error, dead.at});
  }

 private:
  buffer_pool pool_;
  message::codec codec_;
};

}  // namespace

/// Walks through what was open at the start, a chunk at a time, and deals it out to the shards in
/// turn. Lives as long as its own callbacks.
class house::resumption : public std::enable_shared_from_this<house::resumption> {
 public:
  resumption(house& of, open_deliveries open) : house_(of), open_(std::move(open)) {}

  /// Tells each shard how many messages will come, and from which on.
  void announce() {
    const auto count = open_.messages();
    const auto shards = house_.shards_.size();
    auto seq = open_.next(seq_t(0));
    for (std::size_t i = 0; i < shards && seq; ++i) {
      house_.shards_[i]->expect_resumed(*seq, (count - i + shards - 1) / shards);
      seq = open_.next(seq_t(seq->value + 1));
    }
  }

  void go_on() {
    house_.parts_.reader.post([self = shared_from_this()] { self->read_chunk(); });
  }

 private:
  // [reader]
  void read_chunk() {
    std::vector<seq_t> wanted;
    for (auto seq = open_.next(from_); seq && wanted.size() < chunk_messages;
         seq = open_.next(from_)) {
      wanted.push_back(*seq);
      from_ = seq_t(seq->value + 1);
    }
    if (wanted.empty()) return;
    auto found = read_back(house_.parts_.events, wanted);
    if (!found)
      house_.parts_.log.error("open messages of the journal cannot be read back: {}",
                              found.error().detail);
    deal(wanted, found ? std::move(*found) : std::vector<stored_work>{});
  }

  void deal(const std::vector<seq_t>& wanted, std::vector<stored_work> found) {
    const auto shards = house_.shards_.size();
    auto pending = std::make_shared<std::atomic<std::size_t>>(shards);
    std::vector<std::vector<std::pair<seq_t, stored_work*>>> dealt(shards);
    auto kept = std::make_shared<std::vector<stored_work>>(std::move(found));
    auto at = kept->begin();
    for (const auto seq : wanted) {
      const bool there = at != kept->end() && at->seq == seq;
      dealt[dealt_++ % shards].emplace_back(seq, there ? &*at : nullptr);
      if (there) ++at;
    }
    for (std::size_t i = 0; i < shards; ++i)
      house_.loops_[i]->post(
          [self = shared_from_this(), i, pending, kept, mine = std::move(dealt[i])] {
            for (const auto& [seq, work] : mine) self->resume(*self->house_.shards_[i], seq, work);
            if (--*pending == 0) self->go_on();
          });
  }

  // [shard]
  void resume(shard& on, seq_t seq, const stored_work* work) {
    on.note_resumed();
    if (!work) return on.note_unreadable(seq, "it is not there, or damaged");
    auto [deliveries, ageless] = deliveries_of(*work);
    on.go_on(*work, std::move(deliveries),
             ageless ? shard::counting::again : shard::counting::wanted, false);
  }

  std::pair<std::vector<delivery::resumption>, bool> deliveries_of(const stored_work& work) const {
    std::vector<delivery::resumption> out;
    bool ageless = false;
    auto& clock = house_.parts_.clock;
    for (const auto& each : open_.of(work.seq)) {
      if (each.index >= work.plan->deliveries().size()) continue;
      delivery::resumption one{each.index, each.attempt, {}, each.redrives};
      if (each.next_at.ns != 0) {
        // Backoff goes on, but a wall clock that was set back must not stretch it beyond its bound.
        const auto left = std::min(each.next_at - clock.wall(),
                                   work.plan->deliveries()[each.index].retry.max_backoff);
        one.not_before = clock.mono() + std::max(left, nanoseconds(0));
      }
      ageless |= each.ageless;
      out.push_back(one);
    }
    return {std::move(out), ageless};
  }

  house& house_;
  const open_deliveries open_;
  seq_t from_{0};
  std::size_t dealt_ = 0;
};

status house::recover() {
  const auto& known = parts_.known;
  if (known.unreadable() > 0)
    parts_.log.error(
        "{} messages of the journal have a plan that this version cannot read; they are kept "
        "and not delivered",
        known.unreadable());
  recover_keys(known);
  for (const auto& each : known.cursors())
    if (const auto back = feeds_->restore(each.tenant, each.image); !back)
      parts_.log.error("the cursor of a durable subscription cannot be read: {}",
                       back.error().detail);
  audit_.go_on_from(known.audit());
  NIP_CHECK(recover_dead_letters(known));
  auto open = known.open();
  resumed_ = open.messages();
  if (resumed_ == 0) return {};
  const auto pass = std::make_shared<resumption>(*this, std::move(open));
  pass->announce();
  pass->go_on();
  return {};
}

void house::recover_keys(const ledger& known) {
  const auto wall = parts_.clock.wall();
  const auto mono = parts_.clock.mono();
  known.for_each_key(wall, [&](const ledger::key_note& note, std::string_view id) {
    const auto age = std::max((wall - note.at).count(), std::int64_t{0});
    shared_.keys.restore(note.hash,
                         {std::string(id), note.seq, note.tenant_seq,
                          note.buffered ? message::ack_level::buffered : message::ack_level::fsync,
                          note.generation, false},
                         mono_time{mono.ns - age});
  });
}

status house::recover_dead_letters(const ledger& known) {
  const auto dead = known.dead();
  letter_maker make(shared_.chosen.envelope);
  for (std::size_t from = 0; from < dead.size();) {
    const auto until = std::min(from + chunk_messages, dead.size());
    std::vector<seq_t> wanted;
    for (auto i = from; i < until; ++i)
      if (wanted.empty() || wanted.back() != dead[i].seq) wanted.push_back(dead[i].seq);
    NIP_TRY(found, read_back(parts_.events, wanted));
    for (; from < until; ++from) {
      const auto at = std::ranges::lower_bound(found, dead[from].seq, {}, &stored_work::seq);
      if (at != found.end() && at->seq == dead[from].seq)
        if (auto letter = make(dead[from], *at)) shared_.dead.add(std::move(*letter));
    }
  }
  return {};
}

}  // namespace nip::broker
