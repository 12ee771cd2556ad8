#include "gateway/ws/operation.hpp"

#include <gtest/gtest.h>

#include <string>

namespace nip::gateway::ws {
namespace {

TEST(is_operation, FindsTheKeyWhereverItStands) {
  for (std::size_t length = 0; length < 80; ++length) {
    const std::string padding(length, 'x');
    EXPECT_TRUE(is_operation(R"({"data":")" + padding + R"(","op":"ping"})")) << length;
    EXPECT_TRUE(is_operation(R"({"op":"ping","ref":")" + padding + R"("})")) << length;
    EXPECT_FALSE(is_operation(R"({"data":")" + padding + R"(","opp":"ping"})")) << length;
    EXPECT_FALSE(is_operation(R"({"data":")" + padding + R"("})")) << length;
  }
}

TEST(is_operation, CountsOnlyKeysOfTheFrameItself) {
  EXPECT_FALSE(is_operation(R"({"type":"t","data":{"op":"ping"}})"));
  EXPECT_FALSE(is_operation(R"({"type":"op"})"));
  EXPECT_FALSE(is_operation(R"({"type":"t","data":["op"]})"));
  EXPECT_FALSE(is_operation(R"({"type":"t","data":"\"op\":1"})"));
  EXPECT_FALSE(is_operation(""));
  EXPECT_FALSE(is_operation(R"("op")"));
}

}  // namespace
}  // namespace nip::gateway::ws
