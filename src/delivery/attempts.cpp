// How one attempt of a delivery ends: answered, failed, timed out; and how the delivery goes on.
#include <fmt/format.h>

#include <algorithm>

#include "delivery/dispatcher.hpp"

namespace nip::delivery {

void dispatcher::complete(plugin::instance& from, const plugin::completion& result) {
  auto* one = find(result.token);
  // Its attempt was given up.
  if (!one || one->state != delivery_state::running) return count_late(from);
  auto& to = *one->to;
  --to.in_flight_;
  if (to.queued() > 0) mark_dirty(to);
  const auto now = answer_time();
  const auto took = now - one->started;
  to.last_answer_ = now;
  if (result.status == plugin::handled::done) {
    to.stats_.on_done(took, one->met);
    note_success(to, one->started, now);
    one->took = took;
    return on_done(*one, result);
  }
  to.stats_.on_failed(took);
  if (result.status == plugin::handled::transient) {
    note_failure(to, one->started, now);
    return fail_attempt(*one, result.error, result.retry_after);
  }
  // A message that is refused for good says something of the message, not of the plugin.
  note_success(to, one->started, now);
  one->error = result.error;
  write_down_failure(*one);
  finish(*one, delivery_state::dead);
}

/// What a plugin answers before handle() returns ended with the same call, so one look is enough.
mono_time dispatcher::answer_time() {
  if (!handing_over_) return at_.clock.mono();
  if (!answered_) answered_ = at_.clock.mono();
  return *answered_;
}

void dispatcher::count_late(const plugin::instance& from) {
  for (const auto& [name, to] : targets_)
    if (to->instance_.get() == &from) to->stats_.late.add(1);
}

void dispatcher::on_done(delivery& one, const plugin::completion& result) {
  const auto& planned = one.planned();
  if (planned.how == router::strategy::chain && one.step + 1u < planned.targets.size())
    return next_step(one, result);
  if (!result.reply.empty()) {
    if (const auto taken = at_.owner.on_reply(one, result.reply); !taken) {
      one.error = fmt::format("plugin \"{}\" replied with something else than an envelope: {}",
                              planned.targets[one.chosen].name, taken.error().detail);
      return finish(one, delivery_state::dead);
    }
  }
  finish(one, delivery_state::done);
}

void dispatcher::next_step(delivery& one, const plugin::completion& result) {
  // A step without output ends the chain: it has filtered the message out.
  if (result.reply.empty()) return finish(one, delivery_state::done);
  auto next = at_.owner.on_step(one, result.reply);
  if (!next) {
    one.error =
        fmt::format("step {} of the chain, plugin \"{}\", gave something else than an envelope: {}",
                    one.step + 1, one.to->name(), next.error().detail);
    return finish(one, delivery_state::dead);
  }
  one.input = std::move(*next);
  ++one.step;
  one.attempt = 0;
  enqueue(one);
}

void dispatcher::fail_attempt(delivery& one, std::string_view why, nanoseconds hint) {
  const auto& policy = one.planned().retry;
  one.error = why;
  write_down_failure(one);
  if (one.attempt >= policy.attempts) return finish(one, delivery_state::dead);
  auto pause = retry_pause(policy, one.attempt, hint, at_.random);
  if (one.to && !one.to->budget_.take()) pause = std::max(pause, policy.max_backoff);
  const auto due = at_.clock.mono() + pause;
  one.state = delivery_state::backing_off;
  at_.owner.on_outcome(one, bus::outcome_kind::retry, at_.clock.wall() + pause);
  arm(one, std::min(due, one.deadline));
}

void dispatcher::write_down_failure(delivery& one) {
  // The journal has every attempt; memory keeps as many as a person would read.
  constexpr std::size_t failures_max = 16;
  if (one.failures.size() == failures_max) one.failures.erase(one.failures.begin());
  const auto took =
      one.state == delivery_state::running ? at_.clock.mono() - one.started : nanoseconds(0);
  one.failures.push_back(
      {one.attempt, one.to ? one.to->name() : "", one.error, at_.clock.wall(), took});
}

void dispatcher::on_timer(delivery& one) {
  const bool late = at_.clock.mono() >= one.deadline;
  switch (one.state) {
    case delivery_state::backing_off:
      if (retries_held_ && one.owner->journaled()) return;
      if (late) return expire(one);
      return enqueue(one);
    case delivery_state::queued:
      one.to->remove(one);
      return expire(one);
    case delivery_state::held:
      return expire(one);
    case delivery_state::running:
      return give_up_attempt(one, late);
    default:
      return;
  }
}

void dispatcher::give_up_attempt(delivery& one, bool late) {
  auto& to = *one.to;
  --to.in_flight_;
  to.stats_.timed_out.add(1);
  const auto now = at_.clock.mono();
  to.stats_.on_failed(now - one.started);
  note_failure(to, one.started, now);
  if (to.instance_) to.instance_->cancel(one.token);
  renew_token(one);  // a completion that comes after all finds nobody
  if (to.queued() > 0) mark_dirty(to);
  if (late) return expire(one);
  fail_attempt(
      one,
      fmt::format("plugin \"{}\" did not answer within {}", to.name(),
                  format_duration(one.probe ? now - one.started : at_.chosen.attempt_timeout)),
      nanoseconds(0));
}

void dispatcher::expire(delivery& one) {
  const std::string last = one.error.empty() ? "" : ", last error: " + one.error;
  one.error = fmt::format("its deadline passed after {} attempt{}{}", one.attempt,
                          one.attempt == 1 ? "" : "s", last);
  finish(one, delivery_state::expired);
}

void dispatcher::finish(delivery& one, delivery_state state) {
  at_.timers.cancel(one.alarm);
  leave_line(one);
  one.state = state;
  one.input.reset();
  using bus::outcome_kind;
  at_.owner.on_outcome(one,
                       state == delivery_state::done      ? outcome_kind::done
                       : state == delivery_state::expired ? outcome_kind::expired
                                                          : outcome_kind::dead,
                       {});
  end(one);
}

/// The last thing that is done with a delivery: the flight may be gone afterwards.
void dispatcher::end(delivery& one) {
  --open_;
  auto& of = *one.owner;
  leave_queue(queue_of(of, one.index), *of.message);
  if (--of.open == 0) at_.owner.on_closed(of);
}

ending_elsewhere dispatcher::ending_of(const delivery& one) {
  return {one.state,
          one.attempt,
          one.step,
          one.chosen,
          one.explored,
          one.probe,
          one.to ? one.to->name() : "",
          one.error,
          one.failures,
          one.scores,
          one.took};
}

void dispatcher::end_elsewhere(std::uint64_t token, ending_elsewhere how) {
  auto* one = find(token);
  if (!one || one->state != delivery_state::elsewhere) return;
  one->state = how.state;
  one->attempt = how.attempt;
  one->step = how.step;
  one->chosen = how.chosen;
  one->explored = how.explored;
  one->probe = how.probe;
  if (!how.target.empty()) one->to = &target_of(how.target);
  one->error = std::move(how.error);
  one->failures = std::move(how.failures);
  one->scores = std::move(how.scores);
  one->took = how.took;
  end(*one);
}

void dispatcher::leave_line(delivery& one) {
  if (!one.in_line) return;
  one.in_line = false;
  // The next goes on in pump(), not here: a long line of failures must not become a deep stack.
  if (const auto* next = lines_.leave(one)) next_in_line_.push_back(next->token);
}

void dispatcher::arm(delivery& one, mono_time when) { at_.timers.schedule(one.alarm, when); }

void dispatcher::publish(plugin::instance& from, const plugin::emission& what) {
  at_.owner.on_emission(from, what);
}

}  // namespace nip::delivery
