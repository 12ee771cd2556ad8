#include "broker/idempotency.hpp"

#include <xxhash.h>

namespace nip::broker {
namespace {

/// What an entry has room for.
constexpr std::uint64_t tenant_seq_max = (std::uint64_t{1} << 56) - 1, level_max = 15;

}  // namespace

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
  const auto found = in.known.find(hashed);
  if (found != in.known.end()) return told(in, *found, key);
  add(in, hashed, now);
  return std::nullopt;
}

void idempotency::settle(tenant_id tenant, std::string_view key, remembered accepted) {
  const auto hashed = hash(tenant, key);
  auto& in = of(hashed);
  const std::scoped_lock held(in.lock);
  if (const auto found = in.known.find(hashed); found != in.known.end())
    set(in, *found, key, accepted);
}

void idempotency::restore(std::uint64_t hash, remembered accepted, mono_time then) {
  auto& in = of(hash);
  const std::scoped_lock held(in.lock);
  forget_old(in, then);
  if (add(in, hash, then)) set(in, in.last(), {}, accepted);
}

/// At the end of the line; false when the key is known.
bool idempotency::add(stripe& in, std::uint64_t hash, mono_time now) {
  if (in.known.find(hash) != in.known.end()) return false;
  in.line.push_back({.hash = hash, .at = now});
  in.known.insert(in.last());
  return true;
}

void idempotency::set(stripe& in, place at, std::string_view key, const remembered& accepted) {
  auto& to = in.at(at);
  to.seq = accepted.seq;
  to.tenant_seq = accepted.tenant_seq.value & tenant_seq_max;
  to.generation = accepted.generation;
  to.level = static_cast<std::uint64_t>(accepted.level) & level_max;
  to.pending = 0;
  if (accepted.id == key) return;
  to.other_id = 1;
  in.other_ids.insert_or_assign(at.number, accepted.id);
}

remembered idempotency::told(const stripe& in, place at, std::string_view key) {
  const auto& what = in.at(at);
  return {what.other_id != 0 ? in.other_ids.at(at.number) : std::string(key),
          what.seq,
          tenant_seq_t(what.tenant_seq),
          static_cast<message::ack_level>(what.level),
          what.generation,
          what.pending != 0};
}

void idempotency::withdraw(tenant_id tenant, std::string_view key) {
  const auto hashed = hash(tenant, key);
  auto& in = of(hashed);
  const std::scoped_lock held(in.lock);
  const auto found = in.known.find(hashed);
  if (found == in.known.end()) return;
  const auto at = *found;
  in.known.erase(found);
  in.other_ids.erase(at.number);
  if (at.number == in.last().number)
    in.line.pop_back();
  else
    in.at(at).withdrawn = 1;
}

std::optional<remembered> idempotency::find(tenant_id tenant, std::string_view key) const {
  const auto hashed = hash(tenant, key);
  const auto& in = of(hashed);
  const std::scoped_lock held(in.lock);
  const auto found = in.known.find(hashed);
  if (found == in.known.end()) return std::nullopt;
  return told(in, *found, key);
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
  // Withdrawn keys keep their place; places may outnumber keys by this factor.
  constexpr std::size_t places_a_key_max = 2;
  while (!in.line.empty() && (in.line.front().at + window_ <= now || in.known.size() >= keys_max_ ||
                              in.line.size() >= places_a_key_max * keys_max_))
    pop_front(in);
}

void idempotency::pop_front(stripe& in) {
  if (in.line.front().withdrawn == 0) {
    in.known.erase(place{in.first});
    in.other_ids.erase(in.first);
  }
  in.line.pop_front();
  ++in.first;
}

}  // namespace nip::broker
