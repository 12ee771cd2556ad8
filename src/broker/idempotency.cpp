#include "broker/idempotency.hpp"

#include <xxhash.h>

namespace nip::broker {

idempotency::idempotency(nanoseconds window, std::uint32_t keys_max)
    : window_(window), keys_max_(keys_max / stripes + 1) {}

std::uint64_t idempotency::hash(tenant_id tenant, std::string_view key) {
  // XXH3 does no more than add the seed to a key of a few bytes: with the number itself, tenants
  // next to each other would share keys next to each other.
  const auto seed = XXH3_64bits(&tenant.value, sizeof tenant.value);
  return XXH3_64bits_withSeed(key.data(), key.size(), seed);
}

std::optional<remembered> idempotency::claim(tenant_id tenant, std::string_view key,
                                             mono_time now) {
  const auto hashed = hash(tenant, key);
  auto& in = of(hashed);
  const std::scoped_lock held(in.lock);
  forget_old(in, now);
  const auto [at, fresh] = in.known.try_emplace(hashed);
  if (!fresh) return told(at->second, key);
  at->second.claim = ++in.claims;
  in.by_age.push_back({now, hashed, in.claims});
  return std::nullopt;
}

void idempotency::settle(tenant_id tenant, std::string_view key, remembered accepted) {
  const auto hashed = hash(tenant, key);
  auto& in = of(hashed);
  const std::scoped_lock held(in.lock);
  const auto found = in.known.find(hashed);
  if (found == in.known.end()) return;
  set(found->second, key, accepted);
}

void idempotency::restore(std::uint64_t hash, remembered accepted, mono_time then) {
  auto& in = of(hash);
  const std::scoped_lock held(in.lock);
  forget_old(in, then);
  const auto [at, fresh] = in.known.try_emplace(hash);
  if (!fresh) return;
  at->second.claim = ++in.claims;
  in.by_age.push_back({then, hash, in.claims});
  set(at->second, {}, accepted);
}

void idempotency::set(entry& to, std::string_view key, const remembered& accepted) {
  to.seq = accepted.seq;
  to.tenant_seq = accepted.tenant_seq;
  to.generation = accepted.generation;
  to.level = accepted.level;
  to.pending = false;
  if (accepted.id != key) to.other_id = std::make_unique<std::string>(accepted.id);
}

remembered idempotency::told(const entry& what, std::string_view key) {
  return {what.other_id ? *what.other_id : std::string(key),
          what.seq,
          what.tenant_seq,
          what.level,
          what.generation,
          what.pending};
}

void idempotency::withdraw(tenant_id tenant, std::string_view key) {
  const auto hashed = hash(tenant, key);
  auto& in = of(hashed);
  const std::scoped_lock held(in.lock);
  if (in.known.erase(hashed) == 0) return;
  if (!in.by_age.empty() && in.by_age.back().hash == hashed) in.by_age.pop_back();
}

std::optional<remembered> idempotency::find(tenant_id tenant, std::string_view key) const {
  const auto hashed = hash(tenant, key);
  const auto& in = of(hashed);
  const std::scoped_lock held(in.lock);
  const auto found = in.known.find(hashed);
  if (found == in.known.end()) return std::nullopt;
  return told(found->second, key);
}

std::size_t idempotency::size() const {
  std::size_t sum = 0;
  for (const auto& each : stripes_) {
    const std::scoped_lock held(each.lock);
    sum += each.known.size();
  }
  return sum;
}

void idempotency::forget_old(stripe& in, mono_time now) {
  // Withdrawn keys leave a mark behind; marks may outnumber keys by this factor.
  constexpr std::size_t marks_a_key_max = 2;
  while (!in.by_age.empty() &&
         (in.by_age.front().at + window_ <= now || in.known.size() >= keys_max_ ||
          in.by_age.size() >= marks_a_key_max * keys_max_)) {
    const auto oldest = in.by_age.front();
    in.by_age.pop_front();
    const auto found = in.known.find(oldest.hash);
    if (found != in.known.end() && found->second.claim == oldest.claim) in.known.erase(found);
  }
}

}  // namespace nip::broker
