// A message of level memory was answered with the seq of an earlier one, whose flight it reused.
#include "unit/broker/broker_fixture.hpp"

namespace nip::broker {
namespace {

TEST_F(shard_fixture, AMessageOfLevelMemoryHasNoSeqAlsoInAFlightThatIsReused) {
  start({}, {{{"id", "r"}, {"to", "echo"}}}, {"echo"});
  always("echo", handled::done);
  send(R"({"type":"t"})", message::ack_level::fsync);
  send(R"({"type":"t"})", message::ack_level::memory);
  ASSERT_EQ(client_.accepted.size(), 2U);
  EXPECT_EQ(client_.accepted[0].seq, 1U);
  EXPECT_EQ(client_.accepted[1].seq, 0U);
}

}  // namespace
}  // namespace nip::broker
