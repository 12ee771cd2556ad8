#include "unit/plugin/harness.hpp"

namespace nip::plugin::test {

namespace {

class folders : public testing::Test {
 protected:
  std::unique_ptr<catalogue> open(std::uint32_t kept_max = 16) {
    options chosen;
    chosen.directories = {first_.path(), second_.path()};
    chosen.libraries_kept_max = kept_max;
    return *open_catalogue(chosen);
  }
  static settings named(const std::string& name) {
    settings set;
    set.name = name;
    set.where = "nip.yaml:7:3";
    return set;
  }
  static std::string reason_of(const catalogue& from, const std::string& file) {
    for (const problem& one : from.problems())
      if (one.file.filename() == file) return one.reason;
    return {};
  }
  static std::string refusal(catalogue& of, const settings& set) {
    const auto specs = of.resolve({set}, {});
    return specs ? "" : specs.error().detail;
  }

  temporary_folder first_;
  temporary_folder second_;
};

}  // namespace

TEST_F(folders, FindsPluginsUnderTheirOwnNamesWithDefaults) {
  first_.install(shipped_plugin("echo"), "echo.so");
  first_.install(shipped_plugin("sink"), "other-name.so");
  const auto found = open();
  const auto specs = found->resolve({}, {});
  ASSERT_TRUE(specs) << specs.error().detail;
  ASSERT_EQ(specs->size(), 2U);
  EXPECT_EQ(specs->at("echo")->about.version, "1.0.0");
  EXPECT_TRUE(specs->at("sink")->about.idempotent);
  EXPECT_TRUE(specs->at("sink")->unusable.empty());
  EXPECT_TRUE(found->problems().empty());
}

TEST_F(folders, JunkIsReportedAndDisturbsNothing) {
  first_.install(shipped_plugin("echo"), "echo.so");
  first_.write("text.so", "hello");
  first_.write("notes.txt", "hello");
  first_.write(".hidden.so", "hello");
  first_.write("half.so.tmp", "hello");
  first_.install(test_plugin("wrong_major"), "wrong_major.so");
  first_.install(test_plugin("missing_symbol"), "missing_symbol.so");
  std::filesystem::create_directory(first_.path() / "folder.so");
  const auto found = open();
  EXPECT_EQ(found->problems().size(), 4U);
  EXPECT_NE(reason_of(*found, "text.so").find("not a shared library"), std::string::npos);
  EXPECT_NE(reason_of(*found, "folder.so").find("not a regular file"), std::string::npos);
  EXPECT_EQ(found->resolve({}, {})->size(), 1U);
}

TEST_F(folders, FirstFolderWinsAndTheHiddenOneIsNamed) {
  first_.install(shipped_plugin("echo"), "a.so");
  second_.install(shipped_plugin("echo"), "b.so");
  const auto found = open();
  EXPECT_EQ(found->resolve({}, {})->at("echo")->code->file(), first_.path() / "a.so");
  EXPECT_NE(reason_of(*found, "b.so").find("hidden by the one in"), std::string::npos);
}

TEST_F(folders, DroppedInAndReplacedAreLoadedBesideTheOld) {
  const auto found = open();
  EXPECT_TRUE(found->resolve({}, {})->empty());
  first_.install(test_plugin("flaky"), "x.so");
  found->scan();
  const auto before = *found->resolve({}, {});
  ASSERT_TRUE(before.contains("flaky"));
  first_.install(test_plugin("counter"), "x.so");
  found->scan();
  const auto after = *found->resolve({}, before);
  EXPECT_FALSE(after.contains("flaky"));
  EXPECT_EQ(after.at("counter")->reloads, 1U);
  EXPECT_EQ(before.at("flaky")->code->plugins().front().version, "1.2.3")
      << "the old code is still there";
}

TEST_F(folders, BrokenReplacementLeavesTheOldInForce) {
  first_.install(shipped_plugin("echo"), "echo.so");
  const auto found = open();
  const auto before = *found->resolve({}, {});
  first_.write("echo.so", "torn");
  found->scan();
  EXPECT_EQ(found->resolve({}, before)->at("echo"), before.at("echo"));
  EXPECT_NE(reason_of(*found, "echo.so").find("stays in force"), std::string::npos);
}

TEST_F(folders, RemovedFileIsNoLongerFound) {
  const auto file = first_.install(shipped_plugin("echo"), "echo.so");
  const auto found = open();
  std::filesystem::remove(file);
  found->scan();
  EXPECT_TRUE(found->resolve({}, {})->empty());
}

TEST_F(folders, UnchangedKeepsItsPointerAndAChangeDoesNot) {
  first_.install(shipped_plugin("echo"), "echo.so");
  first_.install(shipped_plugin("sink"), "sink.so");
  const auto found = open();
  const auto before = *found->resolve({}, {});
  found->scan();
  settings changed = named("echo");
  changed.config = {{"type", "pong"}};
  const auto after = *found->resolve({changed}, before);
  EXPECT_EQ(after.at("sink"), before.at("sink"));
  EXPECT_NE(after.at("echo"), before.at("echo"));
  changed.where = "nip.yaml:99:1";
  EXPECT_EQ(found->resolve({changed}, after)->at("echo"), after.at("echo"))
      << "a moved line is no change";
}

TEST_F(folders, ReloadLoadsTheSameFileAgainUpToItsBound) {
  first_.install(shipped_plugin("echo"), "echo.so");
  const auto found = open(3);
  const auto before = *found->resolve({}, {});
  ASSERT_TRUE(found->reload("echo"));
  EXPECT_NE(found->resolve({}, before)->at("echo")->code, before.at("echo")->code);
  ASSERT_TRUE(found->reload("echo"));
  const status refused = found->reload("echo");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::exhausted);
  EXPECT_NE(refused.error().detail.find("libraries_kept_max: 3"), std::string::npos);
  EXPECT_EQ(found->reload("nobody").error().code, errc::not_found);
}

TEST_F(folders, AnotherInstanceUsesAPluginUnderItsOwnName) {
  first_.install(shipped_plugin("echo"), "echo.so");
  settings another = named("pong");
  another.use = "echo";
  another.config = {{"type", "pong"}};
  const auto specs = *open()->resolve({another}, {});
  ASSERT_EQ(specs.size(), 2U);
  EXPECT_EQ(specs.at("pong")->about.name, "echo");
}

TEST_F(folders, RefusalsNameThePlaceAndWhatWasExpected) {
  first_.install(shipped_plugin("echo"), "echo.so");
  const auto found = open();
  settings version = named("echo");
  version.version = "2.0.0";
  EXPECT_NE(refusal(*found, version).find("version 2.0.0 is asked for"), std::string::npos);
  version.version = "1.0";
  EXPECT_EQ(refusal(*found, version), "");
  settings wasm = named("echo");
  wasm.level = isolation::wasm;
  EXPECT_NE(refusal(*found, wasm).find("isolation \"wasm\""), std::string::npos);
  settings typed = named("echo");
  typed.config = {{"type", 5}};
  EXPECT_NE(refusal(*found, typed).find("config.type"), std::string::npos)
      << refusal(*found, typed);
  EXPECT_NE(refusal(*found, typed).find("found 5"), std::string::npos) << refusal(*found, typed);
  settings unknown = named("echo");
  unknown.config = {{"tpye", "x"}};
  EXPECT_NE(refusal(*found, unknown).find("tpye"), std::string::npos) << refusal(*found, unknown);
  settings greedy = named("echo");
  greedy.in_flight_max = 1'000'000;
  EXPECT_NE(refusal(*found, greedy).find("in_flight_max at most"), std::string::npos);
}

TEST_F(folders, PluginThatNeedsAConfigIsShownButCannotRun) {
  first_.install(test_plugin("blocks"), "blocks.so");
  const auto specs = *open()->resolve({}, {});
  EXPECT_NE(specs.at("blocks")->unusable.find("gate"), std::string::npos);
  hand_loop loop;
  recording_host owner;
  manual_clock driven;
  const auto refused = make_runtime({})->create(specs.at("blocks"), {0, loop, owner, driven});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().detail.find("cannot run"), std::string::npos);
}

TEST_F(folders, UnknownPluginIsShownButCannotRun) {
  first_.install(shipped_plugin("echo"), "echo.so");
  const auto specs = open()->resolve({named("ecko")}, {});
  ASSERT_TRUE(specs) << specs.error().detail;
  EXPECT_EQ(specs->at("ecko")->code, nullptr);
  EXPECT_EQ(
      specs->at("ecko")->unusable,
      "nip.yaml:7:3: plugin \"ecko\": no file in the plugin folders holds \"ecko\"; did you mean "
      "\"echo\"?");
}

TEST_F(folders, DisabledEntryNeedsNoFile) {
  settings off = named("gone");
  off.enabled = false;
  const auto specs = open()->resolve({off}, {});
  ASSERT_TRUE(specs) << specs.error().detail;
  EXPECT_FALSE(specs->at("gone")->set.enabled);
}

TEST_F(folders, ConfiguredTwiceIsRefused) {
  first_.install(shipped_plugin("echo"), "echo.so");
  EXPECT_NE(open()->resolve({named("echo"), named("echo")}, {}).error().detail.find("twice"),
            std::string::npos);
}

}  // namespace nip::plugin::test
