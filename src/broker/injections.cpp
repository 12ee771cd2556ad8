// Messages that the broker itself sends: through the whole walk, and somebody hears how it went.
#include "broker/shard.hpp"

namespace nip::broker {

void shard::inject(injection what) {
  if (emissions_.size() >= emissions_max)
    return what.then(fail(errc::exhausted, "too many emitted messages wait on this shard"));
  if (free_injections_.empty()) {
    injections_.emplace_back();
    free_injections_.push_back(injections_.size());
  }
  const auto token = free_injections_.back();
  free_injections_.pop_back();
  injections_[token - 1] = std::move(what);
  emissions_.push_back({{}, nullptr, token});
}

void shard::tell_injector(const entry& one, const status& outcome) {
  const auto told = std::exchange(injections_[one.emitter_token - 1], {});
  free_injections_.push_back(one.emitter_token);
  if (!outcome) return told.then(std::unexpected(outcome.error()));
  // A repeat has no flight: its first message is there already.
  if (!one.flight) return told.then(injected{});
  told.then(injected{one.flight->message->view().id, one.flight->tenant_seq});
}

}  // namespace nip::broker
