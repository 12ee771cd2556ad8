// Messages that the broker itself sends: through the whole walk, and somebody hears how it went.
#include "broker/shard.hpp"

namespace nip::broker {

void shard::inject(injection what) {
  if (emissions_.size() >= emissions_max)
    return what.then(fail(errc::exhausted, "too many emitted messages wait on this shard"));
  const auto token = ++injections_made_;
  emissions_.push_back({std::move(what.text), nullptr, token});
  injections_.emplace(token, std::move(what));
}

void shard::tell_injector(const entry& one, const status& outcome) {
  const auto told = injections_.extract(one.emitter_token);
  if (told.empty()) return;
  const auto& then = told.mapped().then;
  if (!outcome) return then(std::unexpected(outcome.error()));
  // A repeat has no flight: its first message is there already.
  if (!one.flight) return then(injected{});
  then(injected{std::string(one.flight->message->view().id), one.flight->tenant_seq});
}

}  // namespace nip::broker
