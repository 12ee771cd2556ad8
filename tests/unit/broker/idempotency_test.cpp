#include "broker/idempotency.hpp"

#include <gtest/gtest.h>

namespace nip::broker {
namespace {

using namespace std::chrono_literals;
constexpr mono_time start{1'000'000'000};

remembered number(std::uint64_t seq) {
  remembered out;
  out.id = "m";
  out.seq = seq_t(seq);
  return out;
}

TEST(idempotency_window, AClaimedKeyIsPendingUntilSettled) {
  idempotency keys(10min, 1000);
  EXPECT_FALSE(keys.claim(default_tenant, "k", start));
  ASSERT_TRUE(keys.claim(default_tenant, "k", start));
  EXPECT_TRUE(keys.claim(default_tenant, "k", start)->pending);
  keys.settle(default_tenant, "k", number(7));
  EXPECT_FALSE(keys.claim(default_tenant, "k", start)->pending);
  EXPECT_EQ(keys.find(default_tenant, "k")->seq, seq_t(7));
  EXPECT_EQ(keys.size(), 1U);
}

TEST(idempotency_window, TenantsDoNotMeet) {
  idempotency keys(10min, 1000);
  EXPECT_FALSE(keys.claim(tenant_id(1), "k", start));
  EXPECT_FALSE(keys.claim(tenant_id(2), "k", start));
}

TEST(idempotency_window, AWithdrawnKeyIsFreeAndItsNextClaimLivesAsLongAsAnyOther) {
  idempotency keys(10min, 1000);
  keys.claim(default_tenant, "k", start);
  keys.claim(default_tenant, "between", start);
  keys.withdraw(default_tenant, "k");
  EXPECT_FALSE(keys.find(default_tenant, "k"));
  EXPECT_FALSE(keys.claim(default_tenant, "k", start + 9min));
  EXPECT_TRUE(keys.claim(default_tenant, "k", start + 11min)) << "its own ten minutes count";
}

TEST(idempotency_window, KeysAreForgottenAfterTheWindow) {
  idempotency keys(10min, 1000);
  keys.claim(default_tenant, "k", start);
  EXPECT_TRUE(keys.claim(default_tenant, "k", start + (10min - 1ns)));
  EXPECT_FALSE(keys.claim(default_tenant, "k", start + 10min));
}

TEST(idempotency_window, TheCountIsBounded) {
  idempotency keys(10min, 1600);
  for (int i = 0; i < 100'000; ++i) keys.claim(default_tenant, "k" + std::to_string(i), start);
  EXPECT_LE(keys.size(), 1616U);
  EXPECT_GT(keys.size(), 1500U);
  EXPECT_TRUE(keys.find(default_tenant, "k99999")) << "the newest are kept";
  EXPECT_FALSE(keys.find(default_tenant, "k0"));
}

TEST(idempotency_window, RefusedKeysDoNotPushOutAcceptedOnes) {
  idempotency keys(10min, 1600);
  for (int i = 0; i < 100; ++i) {
    keys.claim(default_tenant, "good" + std::to_string(i), start);
    keys.settle(default_tenant, "good" + std::to_string(i), number(1));
  }
  for (int i = 0; i < 100'000; ++i) {
    const auto key = "bad" + std::to_string(i);
    keys.claim(default_tenant, key, start);
    keys.withdraw(default_tenant, key);
  }
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(keys.find(default_tenant, "good" + std::to_string(i)));
}

TEST(idempotency_window, KeysThatWereWithdrawnOutOfOrderAreFreeAndTheOthersKnown) {
  idempotency keys(10min, 16'000);
  const auto key = [](std::uint64_t i) { return "k" + std::to_string(i); };
  for (std::uint64_t i = 0; i < 1000; ++i) keys.claim(default_tenant, key(i), start);
  for (std::uint64_t i = 0; i < 1000; i += 2) keys.withdraw(default_tenant, key(i));
  EXPECT_EQ(keys.size(), 500U);
  for (std::uint64_t i = 1; i < 1000; i += 2) {
    auto accepted = number(i);
    accepted.id = "id-of-" + key(i);
    accepted.tenant_seq = tenant_seq_t(i);
    keys.settle(default_tenant, key(i), accepted);
  }
  for (std::uint64_t i = 0; i < 1000; i += 2)
    EXPECT_FALSE(keys.claim(default_tenant, key(i), start + 5min)) << i;
  for (std::uint64_t i = 1; i < 1000; i += 2) {
    const auto known = keys.find(default_tenant, key(i));
    ASSERT_TRUE(known) << i;
    EXPECT_EQ(known->id, "id-of-" + key(i));
    EXPECT_EQ(known->tenant_seq, tenant_seq_t(i));
  }
  // Those of before are over; each stripe looks when something comes.
  for (std::uint64_t i = 0; i < 1000; ++i)
    keys.claim(default_tenant, "later" + key(i), start + 12min);
  EXPECT_EQ(keys.size(), 1500U);
  for (std::uint64_t i = 1; i < 1000; i += 2) EXPECT_FALSE(keys.find(default_tenant, key(i))) << i;
  for (std::uint64_t i = 0; i < 1000; i += 2) EXPECT_TRUE(keys.find(default_tenant, key(i))) << i;
}

}  // namespace
}  // namespace nip::broker
