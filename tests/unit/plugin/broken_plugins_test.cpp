#include <unistd.h>

#include "unit/plugin/harness.hpp"

namespace nip::plugin::test {

namespace {

std::string refusal(const std::filesystem::path& file) {
  bool mapped = false;
  const auto loaded = library::load(file, mapped);
  return loaded ? "" : loaded.error().detail;
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST(broken_library, MissingSymbolNamesTheSymbol) {
  EXPECT_TRUE(contains(refusal(test_plugin("missing_symbol")), "nip_plugin_entry_v4"));
}

TEST(broken_library, WrongMajorNamesBothVersionsAndWhatToRebuild) {
  const std::string reason = refusal(test_plugin("wrong_major"));
  EXPECT_TRUE(contains(reason, "ABI 5")) << reason;
  EXPECT_TRUE(contains(reason, "speaks 4.0")) << reason;
  EXPECT_TRUE(contains(reason, "rebuild the plugin")) << reason;
}

TEST(broken_library, NewerMinorNamesBothVersions) {
  const std::string reason = refusal(test_plugin("newer_minor"));
  EXPECT_TRUE(contains(reason, "needs plugin ABI 4.7")) << reason;
  EXPECT_TRUE(contains(reason, "speaks 4.0")) << reason;
}

TEST(broken_library, ShortEntryNamesBothSizes) {
  const std::string reason = refusal(test_plugin("short_entry"));
  EXPECT_TRUE(contains(reason, "is 24, ABI 4.0 needs 40")) << reason;
}

TEST(broken_library, TextFileIsNoLibrary) {
  const temporary_folder folder;
  EXPECT_TRUE(contains(refusal(folder.write("x.so", "#!/bin/sh\n")), "ELF mark"));
  EXPECT_TRUE(contains(refusal(folder.write("empty.so", "")), "empty"));
}

TEST(broken_library, EveryTruncationIsRefusedBeforeItIsMapped) {
  std::ifstream whole(shipped_plugin("echo"), std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(whole)), {});
  const temporary_folder folder;
  for (std::size_t parts = 1; parts < 40; ++parts) {
    const auto cut = folder.write("cut.so", bytes.substr(0, bytes.size() * parts / 40));
    bool mapped = false;
    EXPECT_FALSE(library::load(cut, mapped)) << "at " << parts << "/40";
    EXPECT_FALSE(mapped);
  }
}

TEST(broken_library, OtherMachineIsRefusedByName) {
  std::ifstream whole(shipped_plugin("echo"), std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(whole)), {});
  bytes[18] = 3;  // e_machine: i386
  const temporary_folder folder;
  EXPECT_TRUE(contains(refusal(folder.write("x.so", bytes)), "rebuild it here"));
}

TEST(broken_library, MissingFileIsNotFound) {
  bool mapped = false;
  EXPECT_EQ(library::load("/nonexistent/x.so", mapped).error().code, errc::not_found);
}

using broken_plugin = shard_test;

TEST_F(broken_plugin, ShortTableIsRefusedWithBothSizesWhenItIsCreated) {
  const auto refused = try_create(spec_of(test_plugin("short_struct")));
  ASSERT_FALSE(refused);
  EXPECT_TRUE(contains(refused.error().detail, "plugin.struct_size is 40, ABI 4.0 needs 80"))
      << refused.error().detail;
}

TEST_F(broken_plugin, ThrowAcrossTheBoundaryFailsOnlyThePoison) {
  auto plugin = create(spec_of(test_plugin("throws")));
  const std::vector<work> batch{make_work("good"), make_work("poison"), make_work("good")};
  plugin->handle(batch);
  ASSERT_EQ(owner_.notes.size(), 3U);
  EXPECT_EQ(owner_.notes[0].status, handled::done);
  EXPECT_EQ(owner_.notes[1].status, handled::permanent);
  EXPECT_EQ(owner_.notes[1].error, "plugin \"throws\" threw in handle: it is poison");
  EXPECT_EQ(owner_.notes[2].status, handled::done);
}

TEST_F(broken_plugin, ThrowOutOfABatchIsTriedAgainForWhatHadNoAnswer) {
  auto plugin = create(spec_of(test_plugin("throws_batch")));
  const std::vector<work> batch{make_work("good"), make_work("poison"), make_work("good")};
  plugin->handle(batch);
  ASSERT_EQ(owner_.notes.size(), 3U);
  EXPECT_EQ(owner_.notes[0].status, handled::done);
  for (std::size_t i : {1U, 2U}) {
    EXPECT_EQ(owner_.notes[i].status, handled::transient);
    EXPECT_EQ(owner_.notes[i].error, "no memory for this batch");
  }
}

TEST_F(broken_plugin, GarbageStatusIsPermanentAndNamesThePlugin) {
  auto plugin = create(spec_of(test_plugin("garbage_status")));
  const note garbage = ask(*plugin, make_work("x"));
  EXPECT_EQ(garbage.status, handled::permanent);
  EXPECT_TRUE(contains(garbage.error, "plugin \"garbage_status\" answered with status 42"));
  EXPECT_TRUE(contains(ask(*plugin, make_work("silent")).error, "status -1"));
  EXPECT_EQ(plugin->usage().violations, 2U);
}

TEST_F(broken_plugin, SecondCompletionIsRefusedCountedAndLogged) {
  auto plugin = create(spec_of(test_plugin("completes_twice")));
  ask(*plugin, make_work("x"));
  loop_.turn();
  EXPECT_EQ(owner_.notes.size(), 1U);
  EXPECT_TRUE(heard_.has_metric("second_answer -4"));  // NIP_E_UNKNOWN_TOKEN
  EXPECT_EQ(plugin->usage().violations, 2U);           // the second complete, and the status
  EXPECT_TRUE(heard_.has_line("is not open"));
}

TEST_F(broken_plugin, NeverCompletedIsEndedByCancelAndItsSlotIsFree) {
  auto plugin = create(spec_of(test_plugin("never_completes")));
  for (int round = 0; round < 100; ++round) {
    const work one = make_work("x");
    plugin->handle({&one, 1});
    plugin->cancel(one.token);
    EXPECT_EQ(owner_.notes.size(), static_cast<std::size_t>(round)) << "not from inside cancel()";
    loop_.turn();
  }
  ASSERT_EQ(owner_.notes.size(), 100U);
  EXPECT_EQ(owner_.notes[99].status, handled::transient);
  EXPECT_TRUE(contains(owner_.notes[99].error, "cancelled"));
  EXPECT_EQ(plugin->usage().in_flight, 0U);
}

TEST_F(broken_plugin, KeptViewsDoNotBringTheHostDown) {
  auto plugin = create(spec_of(test_plugin("keeps_views")));
  ask(*plugin, make_work("first", R"({"secret":true})"));
  EXPECT_EQ(ask(*plugin, make_work("second")).status, handled::done);
}

TEST_F(broken_plugin, BadReplyIsPassedOnForTheCodecToRefuse) {
  auto plugin = create(spec_of(test_plugin("bad_reply")));
  EXPECT_EQ(ask(*plugin, make_work("x")).reply, "{\"type\": oops");
}

TEST_F(broken_plugin, BlockedWorkerHoldsUpNobodyButItself) {
  int gate[2];
  ASSERT_EQ(::pipe(gate), 0);
  auto plugin = create(spec_of(test_plugin("blocks"), {{"gate", gate[0]}}));
  auto echo = create(spec_of(shipped_plugin("echo")));
  const std::vector<work> batch{make_work("x"), make_work("x")};
  plugin->handle(batch);
  EXPECT_EQ(ask(*echo, make_work("ping")).status, handled::done);
  clock_.advance(std::chrono::seconds(30));
  plugin->cancel(batch[1].token);  // it waits behind the blocked one
  ASSERT_TRUE(loop_.turn_until([&] { return owner_.notes.size() == 2; }));
  EXPECT_EQ(owner_.notes[1].token, batch[1].token);
  ASSERT_EQ(::write(gate[1], "x", 1), 1);
  ASSERT_TRUE(loop_.turn_until([&] { return owner_.notes.size() == 3; }));
  EXPECT_EQ(owner_.notes[2].status, handled::done);
  stop(plugin);
  ::close(gate[0]);
  ::close(gate[1]);
}

TEST_F(broken_plugin, LateAnswerOfACancelledBlockedDeliveryIsDropped) {
  int gate[2];
  ASSERT_EQ(::pipe(gate), 0);
  auto plugin = create(spec_of(test_plugin("blocks"), {{"gate", gate[0]}}));
  const work one = make_work("x");
  plugin->handle({&one, 1});
  plugin->cancel(one.token);
  ASSERT_TRUE(loop_.turn_until([&] { return owner_.notes.size() == 1; }));
  EXPECT_EQ(owner_.notes[0].status, handled::transient);
  ASSERT_EQ(::write(gate[1], "xx", 2), 2);
  EXPECT_EQ(ask(*plugin, make_work("y")).status, handled::done);
  EXPECT_EQ(owner_.notes.size(), 2U);
  stop(plugin);
  ::close(gate[0]);
  ::close(gate[1]);
}

}  // namespace nip::plugin::test
