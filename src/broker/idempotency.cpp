#include "broker/idempotency.hpp"

#include <xxhash.h>

namespace nip::broker {

idempotency::idempotency(nanoseconds window, std::uint32_t keys_max)
    : window_(window), keys_max_(keys_max / stripes + 1) {}

std::uint64_t idempotency::hash(tenant_id tenant, std::string_view key) {
  return XXH3_64bits_withSeed(key.data(), key.size(), tenant.value);
}

std::optional<remembered> idempotency::claim(tenant_id tenant, std::string_view key, mono_time now) {
  const auto hashed = hash(tenant, key);
  auto& in = of(hashed);
  const std::scoped_lock held(in.lock);
  forget_old(in, now);
  const auto [at, fresh] = in.known.try_emplace(hashed);
  if (!fresh) return at->second;
  in.by_age.emplace_back(now, hashed);
  return std::nullopt;
}

void idempotency::settle(tenant_id tenant, std::string_view key, remembered accepted) {
  const auto hashed = hash(tenant, key);
  auto& in = of(hashed);
  const std::scoped_lock held(in.lock);
  const auto found = in.known.find(hashed);
  if (found == in.known.end()) return;
  accepted.pending = false;
  found->second = std::move(accepted);
}

void idempotency::withdraw(tenant_id tenant, std::string_view key) {
  const auto hashed = hash(tenant, key);
  auto& in = of(hashed);
  const std::scoped_lock held(in.lock);
  in.known.erase(hashed);
}

std::optional<remembered> idempotency::find(tenant_id tenant, std::string_view key) {
  const auto hashed = hash(tenant, key);
  auto& in = of(hashed);
  const std::scoped_lock held(in.lock);
  const auto found = in.known.find(hashed);
  if (found == in.known.end()) return std::nullopt;
  return found->second;
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
  while (!in.by_age.empty() &&
         (in.by_age.front().first + window_ <= now || in.by_age.size() >= keys_max_)) {
    in.known.erase(in.by_age.front().second);
    in.by_age.pop_front();
  }
}

}  // namespace nip::broker
