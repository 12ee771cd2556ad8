#include "broker/ledger.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <random>

#include "broker/idempotency.hpp"
#include "router/plan.hpp"

namespace nip::broker {
namespace {

using namespace std::chrono_literals;
using bus::outcome_kind;
using testing::ElementsAre;
using testing::IsEmpty;

/// Records as the journal would give them; the views live here.
class ledger_test : public testing::Test {
 protected:
  static router::plan_ptr plan_to(std::vector<std::string> targets, bool ordered = false,
                                  bool drops = false, std::string dead_reason = {}) {
    std::vector<router::planned_delivery> deliveries;
    for (auto& each : targets) {
      router::planned_delivery one;
      one.rule = "r";
      one.slot = static_cast<std::uint16_t>(deliveries.size());
      one.targets.push_back({.name = each});
      one.drop_expired = drops;
      if (ordered) one.order = "message.source";
      deliveries.push_back(std::move(one));
    }
    return {new router::plan(generation_id(1), std::move(deliveries), {}, std::move(dead_reason))};
  }
  void accept(ledger& into, std::uint64_t seq, const router::plan_ptr& plan,
              std::string_view envelope = R"({"id":"x","type":"t"})", std::uint8_t flags = 0,
              wall_time at = wall_time{1'000'000'000}) {
    bus::message_record record;
    record.seq = seq_t(seq);
    record.tenant_seq = tenant_seq_t(seq);
    record.accepted_at = at;
    record.generation = plan->generation();
    record.flags = flags;
    record.plan_key = plan->key();
    record.plan = plan->bytes();
    record.envelope = envelope;
    into.on_message(record);
  }
  static void end(ledger& into, std::uint64_t seq, std::uint16_t index, outcome_kind kind,
                  std::uint16_t attempt = 1, std::string_view text = {}, wall_time next = {}) {
    bus::outcome_record record;
    record.seq = seq_t(seq);
    record.delivery = index;
    record.kind = kind;
    record.attempt = attempt;
    record.target = "p";
    record.text = text;
    record.next_at = next;
    into.on_outcome(record);
  }
  static std::string image_of(const ledger& what) {
    std::string out;
    what.save(out);
    return out;
  }
  static std::vector<std::uint64_t> keys_of(const ledger& of, wall_time now) {
    std::vector<std::uint64_t> out;
    of.for_each_key(now, [&](const ledger::key_note& note, std::string_view) {
      out.push_back(note.seq.value);
    });
    return out;
  }

  const ledger::bounds bounds_{10min, 1000, 100};
  ledger ledger_{bounds_};
};

TEST_F(ledger_test, AMessageIsOpenUntilItsLastDeliveryEnds) {
  accept(ledger_, 7, plan_to({"p", "q"}));
  EXPECT_TRUE(ledger_.wanted(seq_t(7)));
  end(ledger_, 7, 0, outcome_kind::done);
  ASSERT_EQ(ledger_.open().next(seq_t(1)), seq_t(7));
  EXPECT_THAT(ledger_.open().of(seq_t(7)), ElementsAre(open_delivery{1, 0, {}, false, 0}));
  end(ledger_, 7, 1, outcome_kind::done);
  EXPECT_FALSE(ledger_.wanted(seq_t(7)));
  EXPECT_EQ(ledger_.open().messages(), 0U);
}

TEST_F(ledger_test, ARetryKeepsItsAttemptAndItsTime) {
  accept(ledger_, 1, plan_to({"p"}));
  end(ledger_, 1, 0, outcome_kind::retry, 3, "busy", wall_time{5});
  EXPECT_THAT(ledger_.open().of(seq_t(1)),
              ElementsAre(open_delivery{0, 3, wall_time{5}, false, 0}));
}

TEST_F(ledger_test, WhatDiedIsWantedUntilItIsPurged) {
  accept(ledger_, 1, plan_to({"p"}));
  end(ledger_, 1, 0, outcome_kind::dead, 5, "no");
  ASSERT_EQ(ledger_.dead().size(), 1U);
  EXPECT_EQ(ledger_.dead()[0].error, "no");
  EXPECT_EQ(ledger_.dead()[0].attempts, 5);
  EXPECT_TRUE(ledger_.wanted(seq_t(1)));
  end(ledger_, 1, 0, outcome_kind::purged);
  EXPECT_FALSE(ledger_.wanted(seq_t(1)));
}

TEST_F(ledger_test, WhatIsWantedNextIsTheFirstThatIsOpenOrDead) {
  EXPECT_EQ(ledger_.next_wanted(seq_t(1)), std::nullopt);
  for (const std::uint64_t seq : {3, 9, 20'000'000, 20'000'001})
    accept(ledger_, seq, plan_to({"p", "q"}));
  end(ledger_, 9, 0, outcome_kind::dead);
  end(ledger_, 9, 1, outcome_kind::dead);
  end(ledger_, 20'000'000, 0, outcome_kind::done);
  end(ledger_, 20'000'000, 1, outcome_kind::done);
  EXPECT_EQ(ledger_.next_wanted(seq_t(1)), seq_t(3));
  EXPECT_EQ(ledger_.next_wanted(seq_t(3)), seq_t(3));
  EXPECT_EQ(ledger_.next_wanted(seq_t(4)), seq_t(9)) << "both of its letters are dead";
  EXPECT_EQ(ledger_.next_wanted(seq_t(10)), seq_t(20'000'001));
  EXPECT_EQ(ledger_.next_wanted(seq_t(20'000'002)), std::nullopt);
  end(ledger_, 20'000'001, 0, outcome_kind::done);
  EXPECT_EQ(ledger_.next_wanted(seq_t(10)), seq_t(20'000'001)) << "half of it";
  end(ledger_, 20'000'001, 1, outcome_kind::dead);
  EXPECT_EQ(ledger_.next_wanted(seq_t(10)), seq_t(20'000'001));
}

TEST_F(ledger_test, ARedrivenLetterIsOpenAgainWithoutItsAge) {
  accept(ledger_, 1, plan_to({"p", "q"}));
  end(ledger_, 1, 0, outcome_kind::done);
  end(ledger_, 1, 1, outcome_kind::expired);
  end(ledger_, 1, 1, outcome_kind::redriven, 2);
  EXPECT_THAT(ledger_.dead(), IsEmpty());
  EXPECT_THAT(ledger_.open().of(seq_t(1)), ElementsAre(open_delivery{1, 0, {}, true, 2}));
  end(ledger_, 1, 1, outcome_kind::dead, 1);
  ASSERT_EQ(ledger_.dead().size(), 1U);
  EXPECT_EQ(ledger_.dead()[0].redrives, 2);
}

TEST_F(ledger_test, WhatMayBeDroppedIsNoDeadLetterWhenItExpires) {
  accept(ledger_, 1, plan_to({"p"}, false, true));
  end(ledger_, 1, 0, outcome_kind::expired);
  EXPECT_THAT(ledger_.dead(), IsEmpty());
  EXPECT_FALSE(ledger_.wanted(seq_t(1)));
}

TEST_F(ledger_test, AMessageThatWasDeadAtOnceIsALetterAsAWhole) {
  accept(ledger_, 1, plan_to({}, false, false, "unrouted"));
  ASSERT_EQ(ledger_.dead().size(), 1U);
  EXPECT_TRUE(ledger_.dead()[0].whole);
}

TEST_F(ledger_test, OrderedMessagesAreKnownWhileTheyAreOpen) {
  accept(ledger_, 1, plan_to({"p"}, true));
  accept(ledger_, 2, plan_to({"p"}));
  EXPECT_TRUE(ledger_.open().is_ordered(seq_t(1)));
  EXPECT_FALSE(ledger_.open().is_ordered(seq_t(2)));
  end(ledger_, 1, 0, outcome_kind::done);
  EXPECT_FALSE(ledger_.open().is_ordered(seq_t(1)));
}

TEST_F(ledger_test, KeysAreKeptForTheirWindowAndUpToTheirNumber) {
  ledger few({10min, 3, 10});
  const auto plan = plan_to({});
  for (std::uint64_t i = 1; i <= 5; ++i)
    accept(few, i, plan, R"({"id":"m)" + std::to_string(i) + R"(","type":"t"})", bus::keyed,
           wall_time{static_cast<std::int64_t>(i) * 60'000'000'000});
  EXPECT_THAT(keys_of(few, wall_time{5 * 60'000'000'000}), ElementsAre(3, 4, 5));
  EXPECT_THAT(keys_of(few, wall_time{14 * 60'000'000'000}), ElementsAre(4, 5));
}

TEST_F(ledger_test, AKeyThatIsNotTheIdBringsTheIdAlong) {
  accept(ledger_, 1, plan_to({}), R"({"id":"x","type":"t","metadata":{"idempotency_key":"k"}})",
         bus::keyed);
  int seen = 0;
  ledger_.for_each_key(wall_time{1'000'000'000},
                       [&](const ledger::key_note& note, std::string_view id) {
                         ++seen;
                         EXPECT_EQ(note.hash, idempotency::hash(default_tenant, "k"));
                         EXPECT_EQ(id, "x");
                       });
  EXPECT_EQ(seen, 1);
}

TEST_F(ledger_test, APlanThatCannotBeReadKeepsItsMessageFromBeingDelivered) {
  bus::message_record record;
  record.seq = seq_t(1);
  record.plan_key = 99;
  record.plan = "garbage";
  ledger_.on_message(record);
  EXPECT_EQ(ledger_.unreadable(), 1U);
  EXPECT_EQ(ledger_.open().messages(), 0U);
}

TEST_F(ledger_test, OfCursorsTheNewestCountsUntilItsEnd) {
  const auto tell = [this](const nlohmann::json& what) {
    const auto bytes = nlohmann::json::to_cbor(what);
    bus::note one;
    one.kind = bus::note_kind::cursor;
    one.bytes = {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    ledger_.on_note(one);
    return std::string(one.bytes);
  };
  tell({{"name", "w"}, {"floor", 1}});
  const auto newest = tell({{"name", "w"}, {"floor", 2}});
  for (const auto& wrong : {nlohmann::json{{"name", 7}}, nlohmann::json{{"floor", 1}},
                            nlohmann::json::array({"name"}), nlohmann::json("name")})
    tell(wrong);
  ASSERT_EQ(ledger_.cursors().size(), 1U);
  EXPECT_EQ(ledger_.cursors()[0].image, newest);
  ledger again(bounds_);
  ASSERT_TRUE(again.restore(image_of(ledger_)));
  EXPECT_EQ(again.cursors().size(), 1U);
  tell({{"name", "w"}, {"ended", true}});
  EXPECT_EQ(ledger_.cursors().size(), 0U);
}

TEST_F(ledger_test, KeepsTheNewestEntriesOfTheAuditTrail) {
  for (std::size_t i = 0; i < ledger::audit_entries_max + 3; ++i) {
    const auto text = std::to_string(i);
    bus::note one;
    one.bytes = text;
    ledger_.on_note(one);
  }
  ledger again(bounds_);
  ASSERT_TRUE(again.restore(image_of(ledger_)));
  ASSERT_EQ(again.audit().size(), ledger::audit_entries_max);
  EXPECT_EQ(again.audit().front(), "3");
  EXPECT_EQ(again.audit(), ledger_.audit());
}

TEST_F(ledger_test, AnImageAndTheRestAreTheWhole) {
  std::mt19937_64 random(11);
  const std::vector<router::plan_ptr> plans{plan_to({"p"}),
                                            plan_to({"p", "q", "s"}),
                                            plan_to({"p"}, true),
                                            plan_to({"q"}, false, true),
                                            plan_to({}, false, false, "unrouted"),
                                            plan_to({})};
  for (int history = 0; history < 50; ++history) {
    ledger whole(bounds_);
    auto split = std::make_unique<ledger>(bounds_);
    std::uint64_t last = 0;
    for (int step = 0; step < 300; ++step) {
      if (last == 0 || random() % 2 == 0) {
        ++last;
        const auto& plan = plans[random() % plans.size()];
        const auto envelope = R"({"id":"m)" + std::to_string(last) +
                              R"(","type":"t","metadata":{)" +
                              (random() % 3 == 0 ? R"("idempotency_key":"k")" : "") + "}}";
        const auto flags = static_cast<std::uint8_t>(random() % 2 == 0 ? bus::keyed : 0);
        const wall_time at{static_cast<std::int64_t>(last) * 30'000'000'000};
        accept(whole, last, plan, envelope, flags, at);
        accept(*split, last, plan, envelope, flags, at);
      } else {
        const auto seq = 1 + random() % last;
        const auto index = static_cast<std::uint16_t>(random() % 3);
        const auto kind = static_cast<outcome_kind>(1 + random() % 6);
        end(whole, seq, index, kind, 2, "no", wall_time{9});
        end(*split, seq, index, kind, 2, "no", wall_time{9});
      }
      if (random() % 40 == 0) {
        const auto image = image_of(*split);
        split = std::make_unique<ledger>(bounds_);
        ASSERT_TRUE(split->restore(image));
      }
    }
    ASSERT_EQ(image_of(*split), image_of(whole)) << "history " << history;
  }
}

TEST_F(ledger_test, AnImageThatIsNotOneLeavesAnEmptyLedger) {
  accept(ledger_, 1, plan_to({"p"}), R"({"id":"m","type":"t"})", bus::keyed);
  end(ledger_, 1, 0, outcome_kind::retry, 1, "no", wall_time{9});
  const auto image = image_of(ledger_);
  for (std::size_t cut = 1; cut < image.size(); ++cut) {
    ledger other(bounds_);
    EXPECT_FALSE(other.restore(image.substr(0, cut))) << cut;
    EXPECT_EQ(other.open().messages(), 0U);
  }
  std::mt19937 random(3);
  for (int i = 0; i < 2000; ++i) {
    auto flipped = image;
    flipped[random() % flipped.size()] ^= static_cast<char>(1 << random() % 8);
    ledger other(bounds_);
    if (!other.restore(flipped)) {
      EXPECT_EQ(other.open().messages(), 0U);
    }
  }
}

}  // namespace
}  // namespace nip::broker
