// A message for a later time whose deliveries had partly ended waited for its time once more when
// the wall clock was set back before a restart, and then all of them were made again.
#include <gmock/gmock.h>

#include "unit/broker/house_fixture.hpp"

namespace nip::broker {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;

class begun_waits_again : public house_fixture {};

TEST_F(begun_waits_again, WhatHasEndedIsNotMadeAgainAfterTheClockWasSetBack) {
  always("echo", handled::done);
  holds("fraud");
  put_up();
  send(R"({"id":"x","type":"t","metadata":{"delay":"10s"}})");
  pass_time(10100ms);
  ASSERT_EQ(seen("echo").size(), 1U);
  ASSERT_EQ(seen("fraud").size(), 1U) << "it keeps the message";
  tear_down();
  clock_.jump_wall(-8s);
  put_up();
  EXPECT_EQ(seen("fraud").size(), 1U) << "its time has come already";
  pass_time(20s);
  EXPECT_THAT(seen("echo"), IsEmpty()) << "that delivery is done";
}

TEST_F(begun_waits_again, WhatHasNotBegunWaits) {
  always("echo", handled::done);
  always("fraud", handled::done);
  put_up();
  send(R"({"id":"x","type":"t","metadata":{"delay":"10s"}})");
  pass_time(9s);
  tear_down();
  clock_.jump_wall(-8s);
  put_up();
  pass_time(8s);
  EXPECT_THAT(seen("echo"), IsEmpty());
  pass_time(31s);
  EXPECT_EQ(seen("echo").size(), 1U);
  EXPECT_EQ(seen("fraud").size(), 1U);
}

}  // namespace
}  // namespace nip::broker
