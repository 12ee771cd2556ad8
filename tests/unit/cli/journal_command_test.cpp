// `nip journal` on folders: what it prints and how it ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "bus/journal/journal.hpp"
#include "security/audit_chain.hpp"
#include "support/scratch_folder.hpp"
#include "unit/cli/program.hpp"

namespace nip::cli {
namespace {

using ::testing::HasSubstr;
using testing::nip;

class journal_command : public ::testing::Test {
 protected:
  /// One message, and notes behind it.
  void write(const std::vector<std::string>& entries) {
    auto log = bus::open_journal({.path = path}, files, clock, 1);
    ASSERT_TRUE(log) << log.error().detail;
    bus::message_record message;
    message.envelope = R"({"id":"one","type":"t"})";
    std::vector<bus::note> notes;
    for (const auto& each : entries) {
      auto& one = notes.emplace_back();
      one.bytes = each;
    }
    ASSERT_TRUE((*log)->append(0, {&message, 1}, {}, notes));
    (*log)->close();
  }

  test::scratch_folder folder;
  const std::string path = folder.in("journal");
  posix_file_system files;
  system_clock clock;
};

TEST_F(journal_command, VerifyFollowsTheAuditTrail) {
  security::audit_chain chain;
  std::vector<std::string> entries;
  for (const char* what : {"rule.put", "rule.delete", "plugin.disable"})
    entries.push_back(chain.add({clock.wall(), "127.0.0.1", what, "x", "done"}));
  write(entries);
  const auto ended = nip({"--json", "journal", "verify", path});
  EXPECT_EQ(ended.code, 0) << ended.out << ended.err;
  EXPECT_EQ(nlohmann::json::parse(ended.out)["audit_entries"], 3);
}

TEST_F(journal_command, VerifyNamesTheFirstLinkThatIsBroken) {
  security::audit_chain chain;
  std::vector<std::string> entries;
  for (int n = 0; n < 4; ++n)
    entries.push_back(chain.add({clock.wall(), "127.0.0.1", "rule.put", "x", "done"}));
  entries.erase(entries.begin() + 1);
  write(entries);
  const auto ended = nip({"journal", "verify", path});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.out, HasSubstr("behind number 1 has number 3"));
}

TEST_F(journal_command, InspectShowsRecordsAsTheyAre) {
  write({R"({"seq":1})"});
  const auto ended = nip({"journal", "inspect", path, "--records", "10"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr(R"({"id":"one","type":"t"})"));
  EXPECT_THAT(ended.out, HasSubstr(R"(audit {"seq":1})"));
}

TEST_F(journal_command, FolderWithoutAJournalIsNamed) {
  for (const char* verb : {"inspect", "verify", "repair"}) {
    const auto ended = nip({"journal", verb, folder.path()});
    EXPECT_EQ(ended.code, 1) << verb;
    EXPECT_THAT(ended.err, HasSubstr(folder.path()));
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path())) << "looking leaves nothing behind";
}

}  // namespace
}  // namespace nip::cli
