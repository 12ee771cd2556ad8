#include "unit/plugin/harness.hpp"

namespace nip::plugin::test {

class file_plugin : public shard_test {
 protected:
  std::unique_ptr<instance> writer(nlohmann::json config = nlohmann::json::object()) {
    config["directory"] = folder_.path().string();
    if (!config.contains("path")) config["path"] = "out.ndjson";
    return create(spec_of(shipped_plugin("file"), config));
  }
  std::string refusal(nlohmann::json config) {
    config["directory"] = folder_.path().string();
    const auto made = try_create(spec_of(shipped_plugin("file"), config));
    return made ? std::string() : made.error().detail;
  }
  std::vector<std::string> lines(const std::string& name = "out.ndjson") const {
    std::ifstream in(folder_.path() / name);
    std::vector<std::string> all;
    for (std::string line; std::getline(in, line);) all.push_back(line);
    return all;
  }
  bool exists(const std::string& name) const {
    return std::filesystem::exists(folder_.path() / name);
  }

  temporary_folder folder_;
};

TEST_F(file_plugin, AppendsOneLineAMessage) {
  auto plugin = writer({{"fsync", true}});
  const std::vector<work> batch{make_work("a"), make_work("b")};
  plugin->handle(batch);
  ASSERT_TRUE(loop_.turn_until([&] { return owner_.notes.size() == 2; }));
  ASSERT_EQ(lines().size(), 2U);
  EXPECT_EQ(lines()[1], batch[1].message->json());
  stop(plugin);
  auto again = writer();
  ask(*again, make_work("c"));
  EXPECT_EQ(lines().size(), 3U) << "a restart appends";
  stop(again);
}

TEST_F(file_plugin, LineBreaksBetweenTokensDoNotBreakTheLine) {
  auto plugin = writer({{"write", "data"}});
  ask(*plugin, make_work("a", "{\n  \"n\": \"x\\ny\"\r\n}"));
  EXPECT_EQ(lines(), std::vector<std::string>{R"({   "n": "x\ny"  })"});
  stop(plugin);
}

TEST_F(file_plugin, RotatesBySizeAndKeepsSoMany) {
  auto plugin = writer({{"write", "data"}, {"rotate_bytes", 4}, {"keep", 2}});
  for (const char* data : {"111", "222", "333", "444"}) ask(*plugin, make_work("a", data));
  EXPECT_EQ(lines(), std::vector<std::string>{"444"});
  EXPECT_EQ(lines("out.ndjson.1"), std::vector<std::string>{"333"});
  EXPECT_EQ(lines("out.ndjson.2"), std::vector<std::string>{"222"});
  EXPECT_FALSE(exists("out.ndjson.3"));
  stop(plugin);
}

TEST_F(file_plugin, RotatesByAge) {
  auto plugin = writer({{"write", "data"}, {"rotate_after", "1h"}});
  ask(*plugin, make_work("a", "1"));
  clock_.advance(std::chrono::minutes(59));
  ask(*plugin, make_work("a", "2"));
  EXPECT_EQ(lines().size(), 2U);
  clock_.advance(std::chrono::minutes(1));
  ask(*plugin, make_work("a", "3"));
  EXPECT_EQ(lines(), std::vector<std::string>{"3"});
  EXPECT_EQ(lines("out.ndjson.1").size(), 2U);
  stop(plugin);
}

TEST_F(file_plugin, KeepZeroKeepsNoRotatedFile) {
  auto plugin = writer({{"write", "data"}, {"rotate_bytes", 1}, {"keep", 0}});
  for (const char* data : {"1", "2"}) ask(*plugin, make_work("a", data));
  EXPECT_EQ(lines(), std::vector<std::string>{"2"});
  EXPECT_FALSE(exists("out.ndjson.1"));
  stop(plugin);
}

TEST_F(file_plugin, NoPathLeadsOutOfItsDirectory) {
  EXPECT_NE(refusal({{"path", "../x"}}).find(".."), std::string::npos);
  EXPECT_NE(refusal({{"path", "a/../../x"}}).find(".."), std::string::npos);
  EXPECT_NE(refusal({{"path", "/etc/x"}}).find("absolute"), std::string::npos);
  const temporary_folder elsewhere;
  std::filesystem::create_directory_symlink(elsewhere.path(), folder_.path() / "link");
  EXPECT_NE(refusal({{"path", "link/x"}}), "");
  std::filesystem::create_symlink(elsewhere.path() / "target", folder_.path() / "file-link");
  EXPECT_NE(refusal({{"path", "file-link"}}), "");
  EXPECT_TRUE(std::filesystem::is_empty(elsewhere.path()));
}

TEST_F(file_plugin, MakesTheFoldersOfItsPath) {
  auto plugin = writer({{"path", "a/b/out.ndjson"}});
  ask(*plugin, make_work("a"));
  EXPECT_EQ(lines("a/b/out.ndjson").size(), 1U);
  stop(plugin);
}

TEST_F(file_plugin, FailedWriteIsRetriedAndLeavesNoHalfLine) {
  auto plugin = writer({{"write", "data"}, {"path", "full"}});
  ask(*plugin, make_work("a", "1"));
  // A rotation that cannot be made: the place of the old file is taken by a folder.
  stop(plugin);
  std::filesystem::create_directories(folder_.path() / "full.1" / "x");
  plugin = writer({{"write", "data"}, {"path", "full"}, {"rotate_bytes", 1}, {"keep", 1}});
  const note failed = ask(*plugin, make_work("a", "2"));
  EXPECT_EQ(failed.status, handled::transient);
  EXPECT_NE(failed.error.find("cannot rotate"), std::string::npos) << failed.error;
  EXPECT_EQ(lines("full"), std::vector<std::string>{"1"});
  std::filesystem::remove_all(folder_.path() / "full.1");
  EXPECT_EQ(ask(*plugin, make_work("a", "2")).status, handled::done);
  EXPECT_EQ(lines("full"), std::vector<std::string>{"2"});
  stop(plugin);
}

}  // namespace nip::plugin::test
