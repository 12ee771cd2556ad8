// Deliveries that cross shards: ordered ones run where their key lives; reopened ones come from the
// past.
#include <algorithm>

#include "broker/shard.hpp"

namespace nip::broker {

void shard::send_home(delivery::delivery& one, unsigned home) {
  auto& flight = *one.owner;
  auto& peer = *house_.peers[home];
  guest sent{at_.number,        one.token,          one.order_key,  one.index,   one.attempt,
             one.redrives,      one.not_before,     flight.message, flight.plan, flight.seq,
             flight.tenant_seq, flight.wants_reply, flight.waiting, one.deadline};
  peer.loop->post([which = peer.which, sent = std::move(sent)] { which->take_guest(sent); });
}

void shard::take_guest(const guest& what) {
  auto& flight = dispatcher_.open_flight();
  flight.message = what.message;
  flight.plan = what.plan;
  flight.seq = what.seq;
  flight.tenant_seq = what.tenant_seq;
  flight.level = flight.journaled() ? message::ack_level::fsync : message::ack_level::memory;
  flight.wants_reply = what.wants_reply;
  flight.guest = true;
  flight.guest_token = what.token;
  flight.guest_waits = what.waits;
  flight.caller.shard = what.from;
  flight.deadline = what.deadline;
  flight.accepted = at_.clock.mono();
  flight.order_keys.assign(what.plan->deliveries().size(), 0);
  flight.order_keys[what.index] = what.order_key;
  dispatcher_.admit_anyway(*what.message);
  ++open_messages_;
  const delivery::resumption only{what.index, what.attempt, what.not_before, what.redrives};
  dispatcher_.launch(flight, {&only, 1}, false);
}

void shard::end_guest(delivery::flight& what) {
  const auto& one = *what.deliveries.front();
  auto& home = *house_.peers[what.caller.shard];
  home.loop->post(
      [which = home.which, token = what.guest_token, how = delivery::dispatcher::ending_of(one)] {
        which->dispatcher_.end_elsewhere(token, how);
      });
}

void shard::take_guest_reply(std::uint64_t token, message::message_ptr reply, bool published) {
  auto* one = dispatcher_.find(token);
  if (!one) return;
  // The caller waited when the delivery was sent there, and has given up since.
  if (!published && !one->owner->waiting) publish_reply(*one->owner, *reply);
  keep_reply(*one->owner, one->planned().gather, std::move(reply));
}

/// What has begun had its time: a wall clock that was set back makes it wait for no other.
bool shard::has_not_begun(const reopened& what) {
  const auto fresh = [](const delivery::resumption& each) {
    return each.attempt == 0 && each.redrives == 0 && each.not_before == mono_time{};
  };
  return what.from == counting::wanted &&
         what.deliveries.size() == what.plan->deliveries().size() &&
         std::ranges::all_of(what.deliveries, fresh);
}

void shard::resume(const reopened& what, bool from_backlog) {
  if (!from_backlog && has_not_begun(what) && is_for_later(*what.message, what.seq)) return;
  auto& flight = dispatcher_.open_flight();
  flight.message = what.message;
  flight.plan = what.plan;
  flight.seq = what.seq;
  flight.tenant_seq = what.tenant_seq;
  flight.level = message::ack_level::fsync;
  flight.wants_reply = what.wants_reply;
  flight.accepted = at_.clock.mono();
  flight.caller.shard = at_.number;
  flight.ageless = what.from != counting::wanted;
  padded_.assign(what.message->json());
  padded_.append(message::message::padding, '\0');
  if (const auto in =
          codec_.parse(std::string_view(padded_).substr(0, what.message->json().size()))) {
    const auto& view = what.message->view();
    const auto keys = matcher_.order_keys(*what.plan, *in, {view.id, view.timestamp, "default"});
    flight.order_keys.assign(keys.begin(), keys.end());
    const auto age = flight.ageless
                         ? nanoseconds(0)
                         : std::max(at_.clock.wall() - what.message->wanted_at(), nanoseconds(0));
    if (what.from != counting::again)
      flight.deadline = deadline_of(view, age).value_or(mono_time::never());
  }
  dispatcher_.admit_anyway(*what.message);
  ++open_messages_;
  dispatcher_.launch(flight, what.deliveries, from_backlog);
}

}  // namespace nip::broker
