// What comes back from plugins: outcomes, replies, and messages that they emit.
#include <fmt/format.h>

#include "broker/compose.hpp"
#include "broker/letter_making.hpp"
#include "broker/shard.hpp"

namespace nip::broker {

void shard::on_outcome(delivery::delivery& of, bus::outcome_kind kind, wall_time next) {
  using bus::outcome_kind;
  const bool dropped = kind == outcome_kind::expired && of.planned().drop_expired;
  switch (kind) {
    case outcome_kind::done:
      counters_.delivered.add(1);
      break;
    case outcome_kind::retry:
      counters_.retried.add(1);
      break;
    case outcome_kind::expired:
      (dropped ? counters_.dropped : counters_.expired).add(1);
      break;
    default:
      counters_.dead.add(1);
      break;
  }
  // A message at level memory that goes well leaves nothing behind that needs the time.
  if (kind == outcome_kind::done && !of.owner->journaled()) return;
  const bool ended = kind == outcome_kind::dead || kind == outcome_kind::expired;
  const auto now = at_.clock.wall();
  if (ended && !dropped) bury(of, kind == outcome_kind::expired, now);
  if (kind == outcome_kind::retry)
    log_about(*of.owner, of.to)
        .info("attempt {} of {} failed, the next one in {}; rule \"{}\": {}", of.attempt,
              of.planned().retry.attempts, format_duration(next - now), of.planned().rule,
              of.error);
  if (!of.owner->journaled()) return;
  bus::outcome_record record;
  record.seq = of.owner->seq;
  record.delivery = of.index;
  record.kind = kind;
  record.attempt = of.attempt;
  record.at = now;
  record.next_at = next;
  if (of.to) record.target = of.to->name();
  if (kind != outcome_kind::done) record.text = outcome_texts_.emplace_back(of.error);
  if (kind == outcome_kind::done && of.owner->wants_reply && of.owner->reply)
    record.reply = outcome_texts_.emplace_back(of.owner->reply->json());
  outcomes_.push_back(record);
}

/// The log with what its lines are about; good while the flight is.
logger shard::log_about(const delivery::flight& what, const delivery::target* plugin) const {
  const auto& view = what.message->view();
  return house_.log.with({view.id, what.plan->generation(), view.traceparent,
                          plugin ? std::string_view(plugin->name()) : std::string_view{}});
}

void shard::note(letter_note what) {
  bus::outcome_record record;
  record.seq = what.seq;
  record.delivery = what.delivery;
  record.kind = what.kind;
  record.attempt = static_cast<std::uint16_t>(std::min<std::uint32_t>(what.redrives, UINT16_MAX));
  record.at = at_.clock.wall();
  if (!what.text.empty()) record.text = outcome_texts_.emplace_back(std::move(what.text));
  outcomes_.push_back(record);
}

void shard::bury(const delivery::delivery& of, bool expired, wall_time at) {
  const auto& flight = *of.owner;
  auto letter =
      letter_of(*flight.message, flight.seq, flight.tenant_seq, of.planned(),
                {of.index, expired, of.attempt, of.redrives,
                 of.to ? std::string_view(of.to->name()) : std::string_view{}, of.error, at});
  log_about(flight, of.to)
      .warning("dead letter, {}, after {} attempt{}; rule \"{}\": {}", letter.reason, of.attempt,
               of.attempt == 1 ? "" : "s", letter.rule, of.error);
  house_.dead.add(std::move(letter));
}

/// A message without a delivery that must not be lost: unmatched, or one that goes round in
/// circles.
void shard::bury_whole(delivery::flight& what) {
  counters_.dead.add(1);
  auto letter = letter_of_whole(*what.message, what.seq, what.tenant_seq, what.plan->dead_reason());
  log_about(what, nullptr).warning("dead letter, {}: {}", letter.reason, letter.error);
  house_.dead.add(std::move(letter));
}

result<message::message_ptr> shard::make_reply(const delivery::delivery& of,
                                               std::string_view envelope) {
  padded_.assign(envelope);
  padded_.append(message::message::padding, '\0');
  NIP_TRY(said, codec_.parse(std::string_view(padded_).substr(0, envelope.size())));
  const auto& asked = of.owner->message->view();
  const auto cause = quoted(asked.id);
  scratch_.clear();
  const auto hops = std::to_string(asked.hops + 1u);
  const auto text = compose(
      scratch_, said,
      {.type = {},
       .source = said.view.source.empty() ? std::string_view(of.to->name()) : std::string_view{},
       .correlation_id = asked.correlation_id.empty() ? asked.id : asked.correlation_id,
       .id = {},
       .new_identity = said.view.id == asked.id,
       .metadata = {{"causation_id", cause}, {"hops", hops}}});
  NIP_TRY(parsed, codec_.parse(text));
  now_ = at_.clock.wall();
  id_text_ = ids_.next(now_).text();
  return message::make_message(
      pool_, parsed,
      {of.owner->message->tenant(), now_, {id_text_.data(), id_text_.size()}, asked.traceparent});
}

result<message::message_ptr> shard::on_step(delivery::delivery& of, std::string_view envelope) {
  return make_reply(of, envelope);
}

status shard::on_reply(delivery::delivery& of, std::string_view envelope) {
  auto& flight = *of.owner;
  const auto reply_to = flight.message->view().reply_to;
  if (!flight.wants_reply && reply_to.empty()) return {};
  NIP_TRY(reply, make_reply(of, envelope));
  counters_.replies.add(1);
  const bool published = !flight.waiting && !flight.guest_waits;
  if (published) publish_reply(flight, *reply);
  if (!flight.guest) {
    keep_reply(flight, of.planned().gather, std::move(reply));
    return {};
  }
  auto& home = *house_.peers[flight.caller.shard];
  home.loop->post(
      [which = home.which, token = flight.guest_token, reply = reply, published]() mutable {
        which->take_guest_reply(token, std::move(reply), published);
      });
  return {};
}

/// Sends a reply that no caller waits for to the topic that the message names, if it names one.
void shard::publish_reply(const delivery::flight& to, const message::message& reply) {
  const auto reply_to = to.message->view().reply_to;
  if (reply_to.empty()) return;
  padded_.assign(reply.json());
  padded_.append(message::message::padding, '\0');
  const auto parsed = codec_.parse(std::string_view(padded_).substr(0, reply.json().size()));
  if (!parsed) return;
  scratch_.clear();
  const auto topic = quoted(reply_to);
  emissions_.push_back({std::string(compose(scratch_, *parsed, {.metadata = {{"topic", topic}}})),
                        nullptr, 0, to.level});
}

void shard::keep_reply(delivery::flight& to, bool gather, message::message_ptr reply) {
  if (!to.wants_reply) return;
  to.gathers |= gather;
  to.gathered.push_back(reply);
  if (to.reply && !to.gathers) return;
  to.reply = std::move(reply);
  if (to.gathers || !to.waiting) return;
  to.waiting = false;
  --waiting_[to.caller.slot];
  at_.timers.cancel(to.wait);
  client_->on_reply({to.caller.slot, to.caller.epoch, to.caller.ordinal}, to.reply);
}

/// Every reply as one message whose data is the array of their data, when a rule says gather.
message::message_ptr shard::gathered_reply(const delivery::flight& what) {
  const auto& asked = what.message->view();
  std::string text = R"({"type":"gathered","source":"nip","correlation_id":)";
  text += quoted(asked.correlation_id.empty() ? asked.id : asked.correlation_id);
  text += R"(,"data":[)";
  for (std::size_t i = 0; i < what.gathered.size(); ++i) {
    if (i > 0) text += ',';
    text += what.gathered[i]->json();
  }
  text += R"(],"metadata":{"causation_id":)" + quoted(asked.id) + "}}";
  const auto size = text.size();
  text.append(message::message::padding, '\0');
  const auto parsed = codec_.parse(std::string_view(text).substr(0, size));
  if (!parsed) return what.reply;
  now_ = at_.clock.wall();
  id_text_ = ids_.next(now_).text();
  return message::make_message(
      pool_, *parsed, {what.message->tenant(), now_, {id_text_.data(), id_text_.size()}, {}});
}

void shard::on_closed(delivery::flight& what) {
  if (what.sampled) {
    what.mark(delivery::stage::ended, at_.clock.mono());
    record_times(what);
  }
  if (what.gathers && !what.gathered.empty()) what.reply = gathered_reply(what);
  if (what.waiting) {
    what.waiting = false;
    --waiting_[what.caller.slot];
    at_.timers.cancel(what.wait);
    const caller to{what.caller.slot, what.caller.epoch, what.caller.ordinal};
    if (what.reply) {
      client_->on_reply(to, what.reply);
    } else {
      const auto [how, why] = ending_of(what);
      client_->on_no_reply(to, how, why);
    }
  }
  dispatcher_.settle(*what.message);
  --open_messages_;
  if (what.guest) end_guest(what);
  // What waits on disk goes on without this flight; the journal knows the rest.
  if (what.parked > 0) return dispatcher_.release(what);
  history_.add(what);
}

std::pair<no_reply, std::string> shard::ending_of(const delivery::flight& what) {
  std::string why;
  for (const auto* one : what.deliveries) {
    if (one->state == delivery::delivery_state::done) return {no_reply::none, ""};
    if (!why.empty()) why += "; ";
    why += fmt::format("rule \"{}\", plugin \"{}\": {}: {}", one->planned().rule,
                       one->to ? one->to->name() : one->planned().targets.front().name,
                       delivery::to_string(one->state), one->error);
  }
  if (!what.plan->dead_reason().empty())
    return {no_reply::failed, "the message is a dead letter: " + what.plan->dead_reason()};
  return {why.empty() ? no_reply::none : no_reply::failed, why};
}

void shard::on_wait_over(delivery::flight& what) {
  if (!what.waiting) return;
  --waiting_[what.caller.slot];
  dispatcher_.cancel_wait(what);
  client_->on_no_reply({what.caller.slot, what.caller.epoch, what.caller.ordinal}, no_reply::late,
                       "");
}

void shard::forget(const caller& session) {
  subscriptions_.forget(session);
  count_listeners();
  if (session.slot >= waiting_.size() || waiting_[session.slot] == 0) return;
  dispatcher_.for_each_flight([&](delivery::flight& each) {
    if (!each.waiting || each.caller.slot != session.slot || each.caller.epoch != session.epoch)
      return;
    --waiting_[session.slot];
    dispatcher_.cancel_wait(each);
  });
}

}  // namespace nip::broker
