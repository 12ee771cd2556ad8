#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/cli/program.hpp"

namespace nip::cli::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(command_line, WithoutACommandItShowsTheCommandsAndEndsWithUsage) {
  const auto ended = nip({});
  EXPECT_EQ(ended.code, 2);
  for (const char* command : {"send", "watch", "explain", "eval", "rules", "plugins", "dlq", "top",
                              "stats", "audit", "doctor", "bench"})
    EXPECT_THAT(ended.out, HasSubstr(command));
}

TEST(command_line, HelpAndVersionAreNoFailures) {
  EXPECT_EQ(nip({"--help"}).code, 0);
  EXPECT_EQ(nip({"send", "--help"}).code, 0);
  const auto version = nip({"--version"});
  EXPECT_EQ(version.code, 0);
  EXPECT_THAT(version.out, HasSubstr("nip 4."));
}

TEST(command_line, UnknownCommandNamesTheNearest) {
  const auto ended = nip({"wacth", "orders.*"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr("unknown command \"wacth\"; did you mean \"watch\"?"));
}

TEST(command_line, UnknownOptionPointsAtTheCommandsHelp) {
  const auto ended = nip({"send", "--tpye", "x"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr("nip send --help"));
}

TEST(command_line, ValuesOutOfRangeAreUsage) {
  EXPECT_EQ(nip({"send", "{}", "--ack", "safely"}).code, 2);
  EXPECT_EQ(nip({"bench", "--connections", "0"}).code, 2);
  EXPECT_EQ(nip({"bench", "smtp"}).code, 2);
  EXPECT_EQ(nip({"--timeout", "-1", "stats"}).code, 2);
}

TEST(command_line, BadServerIsUsage) {
  const auto ended = nip({"stats", "--server", "ftp://x"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr("http://127.0.0.1:8080"));
}

TEST(command_line, FailuresAreJsonForPrograms) {
  const auto ended = nip({"stats", "--server", "ftp://x", "--json"});
  EXPECT_THAT(ended.err, HasSubstr(R"({"error":")"));
  EXPECT_THAT(ended.err, HasSubstr(R"("exit_code":2)"));
}

TEST(command_line, SendWithoutAMessageSaysWhatToGive) {
  const auto ended = nip({"send"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr("--type"));
}

TEST(command_line, SendRefusesAMessageThatIsNoJsonBeforeItConnects) {
  const auto ended = nip({"send", "{\"type\": }", "--server", "127.0.0.1:1", "--id", "x"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr("not JSON at byte 10"));
}

TEST(command_line, DlqRedriveNeedsExactlyOneWayOfChoosing) {
  EXPECT_EQ(nip({"dlq", "redrive"}).code, 2);
  EXPECT_EQ(nip({"dlq", "redrive", "17", "--all"}).code, 2);
}

TEST(eval, GivesTheValueAsJson) {
  const auto ended =
      nip({"eval", "message.data.amount * 2 > 100", "--data", R"({"data":{"amount":51}})"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.out, "true\n");
}

TEST(eval, NeedsNoData) { EXPECT_EQ(nip({"eval", "[1, 2].map(x, x * 2)"}).out, "[2, 4]\n"); }

TEST(eval, ReadsTheDataFromStdin) {
  const auto ended =
      nip({"eval", "order.n", "--data", "-", "--as", "order"}, {.input = R"({"n": 7})"});
  EXPECT_EQ(ended.out, "7\n") << ended.err;
}

TEST(eval, MistakesShowPlaceAndSuggestion) {
  const auto ended = nip({"eval", "mesage.type == 'x'", "--data", "{}"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("1:1"));
  EXPECT_THAT(ended.err, HasSubstr("did you mean \"message\"?"));
  EXPECT_THAT(ended.err, HasSubstr("^"));
}

TEST(eval, AnErrorAtRunTimeIsAFailure) {
  const auto ended = nip({"eval", "message.missing > 1", "--data", "{}"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("missing"));
  EXPECT_THAT(ended.out, Not(HasSubstr("true")));
}

}  // namespace
}  // namespace nip::cli::testing
