// A redriven delivery that was to be dropped when it expires came back as a dead letter at a start.
#include "broker/ledger.hpp"

#include "unit/broker/broker_fixture.hpp"

namespace nip::broker {
namespace {

using bus::outcome_kind;

TEST(ledger, ARedrivenDeliveryThatExpiresIsDroppedIfItWasToBe) {
  ledger known({std::chrono::minutes(10), 100, 100});
  bus::message_record message;
  message.seq = seq_t(1);
  router::planned_delivery one;
  one.rule = "r";
  one.targets = {{"echo", false, 1}};
  one.drop_expired = true;
  const router::plan made(generation_id(1), {one}, {});
  message.plan = made.bytes();
  message.plan_key = made.key();
  known.on_message(message);
  for (const auto kind : {outcome_kind::dead, outcome_kind::redriven, outcome_kind::expired}) {
    bus::outcome_record outcome;
    outcome.seq = seq_t(1);
    outcome.kind = kind;
    known.on_outcome(outcome);
  }
  EXPECT_TRUE(known.dead().empty());
  EXPECT_FALSE(known.wanted(seq_t(1)));
}

}  // namespace
}  // namespace nip::broker
