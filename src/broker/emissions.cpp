// Messages that plugins emit: new messages through the whole walk, with their cause and hop count.
#include <fmt/format.h>

#include "broker/compose.hpp"
#include "broker/shard.hpp"

namespace nip::broker {
namespace {

/// Plugins are part of the house: they speak for the default tenant of whoever caused them.
const message::principal& plugin_principal() {
  static const message::principal only{.name = "plugin", .administrator = false};
  return only;
}

}  // namespace

void shard::on_emission(plugin::instance& from, const plugin::emission& what) {
  counters_.emitted.add(1);
  emitted one{{}, &from, what.token, what.level};
  if (emissions_.size() >= emissions_max)
    return refuse_emission(one,
                           {errc::exhausted, "too many emitted messages wait on this shard", {}});
  padded_.assign(what.envelope);
  padded_.append(message::message::padding, '\0');
  const auto said = codec_.parse(std::string_view(padded_).substr(0, what.envelope.size()));
  if (!said) return refuse_emission(one, said.error());
  scratch_.clear();
  if (what.cause) {
    const auto& cause = what.cause->view();
    const auto id = quoted(cause.id);
    const auto hops = std::to_string(cause.hops + 1u);
    const auto correlation = cause.correlation_id.empty() ? cause.id : cause.correlation_id;
    one.text = compose(
        scratch_, *said,
        {.correlation_id = said->view.correlation_id.empty() ? correlation : std::string_view{},
         .new_identity = said->view.id == cause.id,
         .metadata = {{"causation_id", id}, {"hops", hops}}});
  } else {
    one.text = what.envelope;
  }
  emissions_.push_back(std::move(one));
}

void shard::take_emissions() {
  // Only what waits now: what these cause in turn comes in the next round.
  for (auto count = emissions_.size(); count > 0; --count) {
    auto one = std::move(emissions_.front());
    emissions_.pop_front();
    emitting_ = &one;
    // Told only when this was submitted, so it stays where it is meanwhile.
    const injection* injected = injection_of(one);
    const auto size = one.text.size();
    if (!injected) one.text.append(message::message::padding, '\0');
    submit({.text = injected ? injected->text.view() : std::string_view(one.text).substr(0, size),
            .who = injected ? &injected->as->who : &plugin_principal(),
            .level = one.level,
            .idempotency_key = {},
            .traceparent = {},
            .wait = {},
            .from = {}});
    emitting_ = nullptr;
  }
}

void shard::refuse_emission(const emitted& what, const error& why) {
  if (what.from || what.token == 0) counters_.emissions_refused.add(1);
  tell_emitter({.emitter = what.from, .emitter_token = what.token}, std::unexpected(why));
}

void shard::tell_emitter(const entry& one, const status& outcome) {
  if (one.emitter_token == 0) return;
  if (!one.emitter) return tell_injector(one, outcome);
  if (dispatcher_.alive(one.emitter)) one.emitter->published(one.emitter_token, outcome);
}

}  // namespace nip::broker
