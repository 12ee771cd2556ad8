#include "cli/commands/dlq_edit.hpp"

#include <gmock/gmock.h>

#include "unit/cli/fake_server.hpp"
#include "unit/cli/program.hpp"

namespace nip::cli::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

TEST(merge_patch, TurnsOneIntoTheOther) {
  const json before = {{"a", 1}, {"b", {{"c", 2}, {"d", 3}}}, {"e", {1, 2}}};
  const json after = {{"a", 1}, {"b", {{"c", 5}}}, {"e", {2}}, {"f", "new"}};
  const auto patch = merge_patch_between(before, after);
  EXPECT_EQ(patch, (json{{"b", {{"c", 5}, {"d", nullptr}}}, {"e", {2}}, {"f", "new"}}));
  auto made = before;
  made.merge_patch(patch);
  EXPECT_EQ(made, after);
  EXPECT_TRUE(merge_patch_between(before, before).empty());
}

TEST(edit_of_a_dead_letter, SendsThePatchAndSaysWhatItBecame) {
  fake_server server([](const asked&) {
    return answered{.status = 202,
                    .body = R"({"redriven":1,"items":[{"new_seq":9,"redriven_as":"x"}]})"};
  });
  const auto done = nip({"dlq", "edit", "7", "--patch", R"({"data":{"a":1}})", "--redirect", "b",
                         "--force", "--server", server.url()});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(done.out, "sent as seq 9, id x\n");
  EXPECT_EQ(server.requests().at(0).target, "/v4/dead-letters/7:redrive");
  EXPECT_EQ(json::parse(server.requests().at(0).body),
            (json{{"message", {{"data", {{"a", 1}}}}}, {"redirect", "b"}, {"force", true}}));
}

TEST(edit_of_a_dead_letter, ThatIsRefusedIsAFailure) {
  fake_server server([](const asked&) {
    return answered{.body = R"({"redriven":0,"skipped":[{"seq":7,"why":"too often"}]})"};
  });
  const auto done = nip({"dlq", "edit", "7", "--patch", "{}", "--server", server.url()});
  EXPECT_EQ(done.code, 1);
  EXPECT_THAT(done.err, HasSubstr("seq 7: too often"));
}

}  // namespace
}  // namespace nip::cli::testing
