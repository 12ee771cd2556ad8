// Short keys of neighbouring tenants had the same hash, so one got the other's answer.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <set>

#include "broker/idempotency.hpp"

namespace nip::broker {
namespace {

TEST(idempotency, ShortKeysOfDifferentTenantsAreDifferent) {
  constexpr unsigned tenants = 16;
  constexpr unsigned keys = 300;
  std::set<std::uint64_t> hashes;
  for (unsigned tenant = 1; tenant <= tenants; ++tenant)
    for (unsigned key = 0; key < keys; ++key)
      hashes.insert(idempotency::hash(tenant_id(tenant), fmt::format("t{}", key)));
  EXPECT_EQ(hashes.size(), std::size_t{tenants} * keys);
}

}  // namespace
}  // namespace nip::broker
