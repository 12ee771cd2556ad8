#include "cli/explanation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nip::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

nlohmann::json explained() {
  return nlohmann::json::parse(R"({
    "id": "m0", "seq": 17, "state": "dead", "ack": "fsync", "generation": 3,
    "accepted_at": "2026-11-22T04:37:22.250Z", "topics": ["orders.big"],
    "message": {"id": "m0", "type": "order.created"},
    "rules": {"matched": ["r"],
              "not_matched": [{"rule": "big", "why": "message.data.amount > 10 is false"}]},
    "deliveries": [{
      "rule": "r", "slot": 0, "strategy": "best", "state": "dead", "attempts": 2,
      "error": "HTTP 503",
      "candidates": [{"plugin": "a", "chosen": true,
                      "score": {"relative_load": 0.25, "expected_latency_us": 1500,
                                "expected_failure_us": 20, "unseen": true, "available": true}},
                     {"plugin": "b", "chosen": false, "weight": 3, "score": {"hot": true}}],
      "attempts_made": [
        {"attempt": 1, "plugin": "a", "outcome": "failed", "error": "HTTP 503",
         "took_us": 11118.0, "at": "T1"},
        {"attempt": 2, "plugin": "b", "outcome": "done", "took_us": 3.5}]}],
    "stages_us": {"answered": 4877.0, "parsed": 26.0, "routed": 158.0}})");
}

TEST(explanation, SaysWhatMatchedAndWhyOthersDidNot) {
  const auto text = explanation_text(explained(), painter());
  EXPECT_THAT(text, HasSubstr("message     m0\n"));
  EXPECT_THAT(text, HasSubstr("seq 17  ack fsync  generation 3"));
  EXPECT_THAT(text, HasSubstr("rules       r\n"));
  EXPECT_THAT(text, HasSubstr("  not       big: message.data.amount > 10 is false"));
  EXPECT_THAT(text, HasSubstr("topics      orders.big"));
}

TEST(explanation, NamesCandidatesWithWhatSpokeForThem) {
  const auto text = explanation_text(explained(), painter());
  EXPECT_THAT(
      text,
      HasSubstr("candidate  a load 0.25, expects 1.50ms + 20.0us for failures, unseen (chosen)\n"));
  EXPECT_THAT(text,
              HasSubstr("candidate  b weight 3 load 0.00, expects 0ns + 0ns for failures, hot\n"));
}

TEST(explanation, ListsEveryAttempt) {
  const auto text = explanation_text(explained(), painter());
  EXPECT_THAT(text, HasSubstr("rule r, slot 0, strategy best: dead after 2 attempts"));
  EXPECT_THAT(text, HasSubstr("attempt   1  a  failed  11.1ms  T1  HTTP 503"));
  EXPECT_THAT(text, HasSubstr("attempt   2  b  done  3.50us"));
}

TEST(explanation, StagesStandInTheirOrderWithTheTimeOfEach) {
  EXPECT_THAT(explanation_text(explained(), painter()), HasSubstr("parsed    26.0us  26.0us\n"
                                                                  "routed     132us   158us\n"
                                                                  "answered  4.72ms  4.88ms\n"));
}

TEST(explanation, WhatIsAbsentIsLeftOut) {
  const auto text = explanation_text({{"id", "x"}, {"state", "done"}}, painter());
  EXPECT_THAT(text, HasSubstr("rules       none matched"));
  EXPECT_THAT(text, Not(HasSubstr("STAGE")));
  EXPECT_THAT(text, Not(HasSubstr("topics")));
}

}  // namespace
}  // namespace nip::cli
