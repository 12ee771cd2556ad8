#include "base/text_tail.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace nip {
namespace {

TEST(text_tail_test, WritesBehindWhatIsThereAndCutsWhatWasNotUsed) {
  std::string out = "head ";
  {
    text_tail tail(out, 100);
    tail.put("one");
    tail.put(',');
    tail.put_decimal(0);
    tail.put(',');
    tail.put_decimal(std::numeric_limits<std::uint64_t>::max());
    tail.put("");
  }
  EXPECT_EQ(out, "head one,0,18446744073709551615");
}

TEST(text_tail_test, ExactRoomSuffices) {
  std::string out;
  {
    text_tail(out, 3).put("abc");
  }
  EXPECT_EQ(out, "abc");
}

}  // namespace
}  // namespace nip
