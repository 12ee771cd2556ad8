// The walk of a message, top to bottom: parse, admit, repeat?, route, level, room, take-off.
#include <fmt/format.h>

#include "broker/compose.hpp"
#include "broker/shard.hpp"

namespace nip::broker {

void shard::submit(const submission& what) {
  counters_.received.add(1);
  const bool timed =
      house_.chosen.timing_sample && submissions_++ % house_.chosen.timing_sample == 0;
  const auto received = timed ? at_.clock.mono() : mono_time{};

  auto in = codec_.parse(what.text);
  if (!in) return refuse(what, std::move(in.error()));
  if (auto keyed = add_key(what, *in); !keyed) return refuse(what, std::move(keyed.error()));
  if (auto allowed = admissible(what, *in); !allowed)
    return refuse(what, std::move(allowed.error()));
  const auto parsed = timed ? at_.clock.mono() : received;

  const auto filled = acceptance_of(what);
  auto plan = plan_for(what, *in, filled);
  if (auto wanted = routable(*in, plan); !wanted) return refuse(what, std::move(wanted.error()));
  auto level = level_for(what, *plan, !in->view.due.empty());
  if (!level) return refuse(what, std::move(level.error()));
  const auto routed = timed ? at_.clock.mono() : received;

  auto made = message::make_message(pool_, *in, filled);
  if (is_repeat(what, *made)) return;
  const bool journaled = *level >= message::ack_level::fsync && !what.wait;
  if (auto room = dispatcher_.admit(*plan, *made, journaled); !room) {
    withdraw(*made);
    return refuse(what, std::move(room.error()));
  }
  auto& flight = take_off(what, *in, std::move(made), std::move(plan), *level);
  if (!timed) return;
  flight.sampled = true;
  flight.mark(delivery::stage::received, received);
  flight.mark(delivery::stage::parsed, parsed);
  flight.mark(delivery::stage::routed, routed);
}

status shard::admissible(const submission& what, const message::parsed& in) const {
  const auto& view = in.view;
  if (draining_)
    return fail(errc::unavailable,
                "this nipd is shutting down and accepts nothing more; send it to another, "
                "or again once it is back");
  if (!view.tenant.empty() && view.tenant != what.who->tenant_name)
    return fail(
        errc::forbidden,
        fmt::format(
            "metadata.tenant is \"{}\", but the tenant comes from the identity, which is \"{}\" "
            "of tenant \"{}\"; leave metadata.tenant out",
            view.tenant, what.who->name, what.who->tenant_name));
  if (!view.due.empty() && schedule_.size() >= house_.chosen.scheduled_max)
    return fail(errc::exhausted,
                fmt::format("{} messages wait for their time on this shard; try again later, or "
                            "raise services.message_router.scheduled",
                            schedule_.size()));
  if (view.deadline.empty()) return {};
  if (const auto deadline = deadline_of(view); !deadline) return std::unexpected(deadline.error());
  return {};
}

router::plan_ptr shard::plan_for(const submission& what, const message::parsed& in,
                                 const message::acceptance& filled) {
  if (emitting_) [[unlikely]] {
    const auto* injected = injection_of(*emitting_);
    if (injected && injected->as->plan) return injected->as->plan;
  }
  return matcher_.route(in,
                        {filled.id, {now_text_.data(), now_text_.size()}, what.who->tenant_name});
}

status shard::routable(const message::parsed& in, router::plan_ptr& plan) {
  if (in.view.hops > delivery::hops_max) {
    plan = dead_plan("loop");
    return {};
  }
  if (!plan->unmatched()) return {};
  counters_.unmatched.add(1);
  if (house_.chosen.on_unrouted == unrouted::refuse || in.view.mandatory)
    return fail(
        errc::unroutable,
        fmt::format(
            "no rule matches a message of type \"{}\", and {}; add a rule (PUT /v4/rules/ID) "
            "or ask POST /v4/rules:test why none matches",
            in.view.type,
            in.view.mandatory ? "metadata.mandatory is true"
                              : "unrouted messages are refused here"));
  if (house_.chosen.on_unrouted == unrouted::dead_letter) plan = dead_plan("unrouted");
  return {};
}

router::plan_ptr shard::dead_plan(std::string_view reason) const {
  return {new router::plan(generation_->id, {}, {}, std::string(reason))};
}

result<message::ack_level> shard::level_for(const submission& what, const router::plan& plan,
                                            bool later) const {
  auto wanted = std::max(what.level.value_or(house_.chosen.ack),
                         plan.floor().value_or(message::ack_level::memory));
  // What is to be delivered later waits in the journal.
  if (later) wanted = std::max(wanted, message::ack_level::fsync);
  if (wanted != message::ack_level::replicated) return wanted;
  return fail(errc::unsupported,
              "acknowledgement level replicated needs a cluster, and this nipd keeps its "
              "journal alone; ask for fsync or less");
}

result<mono_time> shard::deadline_of(const message::fields& in, nanoseconds age) const {
  if (in.deadline.empty()) return mono_time::never();
  const auto now = at_.clock.mono();
  if (const auto after = parse_duration(in.deadline)) return now + (*after - age);
  if (const auto when = parse_rfc3339(in.deadline)) return now + (*when - at_.clock.wall());
  return fail(
      errc::invalid_argument,
      fmt::format(
          "envelope: metadata.deadline: expected a duration such as \"5s\" or an RFC 3339 time, "
          "got \"{}\"",
          in.deadline));
}

message::acceptance shard::acceptance_of(const submission& what) {
  now_ = what.received ? what.received->wall : at_.clock.wall();
  write_now();
  id_text_ = ids_.next(now_).text();
  return {what.who->tenant,
          now_,
          {id_text_.data(), id_text_.size()},
          what.traceparent,
          {now_text_.data(), now_text_.size()}};
}

/// The text of now_ says milliseconds: within one it stays.
void shard::write_now() {
  constexpr std::int64_t ns_per_ms = 1'000'000;
  const auto millisecond = now_.ns / ns_per_ms;
  if (millisecond == now_text_of_) return;
  now_text_of_ = millisecond;
  format_rfc3339(now_, now_text_.data());
}

delivery::flight& shard::take_off(const submission& what, const message::parsed& in,
                                  message::message_ptr made, router::plan_ptr plan,
                                  message::ack_level level) {
  auto& flight = dispatcher_.open_flight();
  const auto keys = matcher_.order_keys(
      *plan, in, {made->view().id, made->view().timestamp, what.who->tenant_name});
  flight.order_keys.assign(keys.begin(), keys.end());
  flight.deadline = deadline_of(made->view()).value_or(mono_time::never());
  flight.level = level;
  flight.caller = {what.from.slot, what.from.epoch, what.from.ordinal, at_.number};
  flight.wants_reply = what.wait.has_value();
  flight.accepted = what.received ? what.received->mono : at_.clock.mono();
  flight.message = std::move(made);
  flight.plan = std::move(plan);
  ++open_messages_;
  turn_.push_back({&flight, what.wait, emitting_ == nullptr,
                   !key_of(flight.message->view()).empty(), emitting_ ? emitting_->from : nullptr,
                   emitting_ ? emitting_->token : 0});
  return flight;
}

void shard::refuse(const submission& what, error why) {
  counters_.refuse(why.code);
  house_.log.debug("refused, {}: {}", to_string(why.code), why.detail);
  if (emitting_) return refuse_emission(*emitting_, why);
  refusals_.push_back({what.from, std::move(why)});
}

}  // namespace nip::broker
