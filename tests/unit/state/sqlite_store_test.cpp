// The SQLite store as rules, plugin configs and tenants use it.
#include "state/sqlite_store.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <unistd.h>

#include <fstream>
#include <thread>

#include "state/sqlite_schema.hpp"

namespace nip::state {
namespace {

class sqlite_store : public testing::Test {
 protected:
  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::path(testing::TempDir()) /
              ("nip_state_" + std::to_string(getpid()) + "_" + info->name());
    std::filesystem::remove_all(folder_);
    open();
  }
  void TearDown() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::filesystem::path path() const { return folder_ / "deep" / "state.db"; }
  void open() {
    auto opened = open_sqlite(path());
    ASSERT_TRUE(opened) << opened.error().detail;
    store_ = std::move(*opened);
  }
  void reopen() {
    store_.reset();
    open();
  }
  void write_file(std::string_view text) {
    store_.reset();
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(path().parent_path());
    std::ofstream(path()) << text;
  }
  void run_sql(const char* sql) {
    store_.reset();
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(path().c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    sqlite3_close(db);
  }
  std::string value_of(std::string_view space, std::string_view key) {
    auto found = store_->get(space, key);
    return found && *found ? (*found)->value : "(none)";
  }

  std::filesystem::path folder_;
  std::unique_ptr<state_store> store_;
};

TEST_F(sqlite_store, GivesBackWhatWasPutAlsoAfterReopening) {
  const std::string bytes("\0\xff\x01 binary", 10);
  const auto version = store_->put("rules", "big-orders", bytes);
  ASSERT_TRUE(version);
  reopen();
  const auto found = store_->get("rules", "big-orders");
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->value, bytes);
  EXPECT_EQ((*found)->version, *version);
  EXPECT_EQ((*found)->key, "big-orders");
}

TEST_F(sqlite_store, SaysNothingForAbsentKeysAndKeepsSpacesApart) {
  ASSERT_TRUE(store_->put("rules", "a", "1"));
  EXPECT_EQ(value_of("plugins", "a"), "(none)");
  EXPECT_EQ(value_of("rules", "b"), "(none)");
  EXPECT_EQ(value_of("rules", "a"), "1");
}

TEST_F(sqlite_store, EmptyValueIsAValue) {
  ASSERT_TRUE(store_->put("rules", "a", ""));
  EXPECT_EQ(value_of("rules", "a"), "");
}

TEST_F(sqlite_store, RemoveTellsWhetherThereWasSomething) {
  ASSERT_TRUE(store_->put("rules", "a", "1"));
  EXPECT_EQ(store_->remove("rules", "a").value(), true);
  EXPECT_EQ(store_->remove("rules", "a").value(), false);
  EXPECT_EQ(value_of("rules", "a"), "(none)");
}

TEST_F(sqlite_store, CompareAndSetWritesOnlyOverTheExpectedVersion) {
  const auto first = store_->put_if("rules", "a", "1", 0);
  ASSERT_TRUE(first) << first.error().detail;
  const auto second = store_->put_if("rules", "a", "2", *first);
  ASSERT_TRUE(second);
  const auto late = store_->put_if("rules", "a", "3", *first);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, errc::conflict);
  EXPECT_NE(late.error().detail.find("expected version " + std::to_string(*first)),
            std::string::npos)
      << late.error().detail;
  EXPECT_EQ(value_of("rules", "a"), "2");
  EXPECT_FALSE(store_->put_if("rules", "a", "4", 0));
  EXPECT_FALSE(store_->put_if("rules", "absent", "4", 7));
  EXPECT_EQ(value_of("rules", "absent"), "(none)");
}

TEST_F(sqlite_store, VersionsAreNeverGivenTwiceEvenAfterARemove) {
  const auto first = store_->put("rules", "a", "1");
  ASSERT_TRUE(store_->remove("rules", "a"));
  reopen();
  const auto second = store_->put("rules", "a", "1");
  ASSERT_TRUE(first && second);
  EXPECT_GT(*second, *first);
}

TEST_F(sqlite_store, ListsByPrefixInKeyOrderInParts) {
  for (const char* key : {"b/1", "a/3", "a/1", "a/2", "a", "ab", "a/\xff"})
    ASSERT_TRUE(store_->put("rules", key, key));
  std::vector<std::string> keys;
  std::string cursor;
  do {
    const auto part = store_->list("rules", "a/", cursor, 2);
    ASSERT_TRUE(part);
    EXPECT_LE(part->entries.size(), 2u);
    for (const entry& each : part->entries) keys.push_back(each.key);
    cursor = part->next;
  } while (!cursor.empty());
  EXPECT_EQ(keys, (std::vector<std::string>{"a/1", "a/2", "a/3", "a/\xff"}));
}

TEST_F(sqlite_store, LastPartOfAListHasNoCursor) {
  for (const char* key : {"a", "b"}) ASSERT_TRUE(store_->put("rules", key, key));
  EXPECT_EQ(store_->list("rules", "", "", 2)->next, "");
  EXPECT_EQ(store_->list("rules", "", "", 1)->next, "a");
  EXPECT_TRUE(store_->list("none", "", "", 1)->entries.empty());
}

TEST_F(sqlite_store, RefusesWhatIsTooLargeAndAnEmptyKey) {
  EXPECT_EQ(store_->put("rules", std::string(key_bytes_max + 1, 'k'), "1").error().code,
            errc::too_large);
  EXPECT_EQ(store_->put(std::string(space_bytes_max + 1, 's'), "k", "1").error().code,
            errc::too_large);
  EXPECT_EQ(store_->put("rules", "k", std::string(value_bytes_max + 1, 'v')).error().code,
            errc::too_large);
  EXPECT_EQ(store_->put("rules", "", "1").error().code, errc::invalid_argument);
  EXPECT_TRUE(store_->put("rules", std::string(key_bytes_max, 'k'), "1"));
}

TEST_F(sqlite_store, ThreadsDoNotLoseEachOthersCompareAndSet) {
  ASSERT_TRUE(store_->put("n", "sum", "0"));
  const auto add_hundred = [&] {
    for (int added = 0; added < 100;) {
      const auto now = store_->get("n", "sum").value().value();
      if (store_->put_if("n", "sum", std::to_string(std::stoi(now.value) + 1), now.version))
        ++added;
    }
  };
  std::thread other(add_hundred);
  add_hundred();
  other.join();
  EXPECT_EQ(value_of("n", "sum"), "200");
}

TEST_F(sqlite_store, NamesAFileThatIsNoDatabase) {
  write_file(std::string(4096, 'x'));
  const auto opened = open_sqlite(path());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, errc::corrupt);
  EXPECT_NE(opened.error().detail.find(path().string()), std::string::npos);
}

TEST_F(sqlite_store, LeavesADatabaseOfAnotherProgramAlone) {
  write_file("");
  run_sql("CREATE TABLE theirs (x)");
  const auto opened = open_sqlite(path());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, errc::conflict);
  EXPECT_NE(opened.error().detail.find("another program"), std::string::npos);
}

TEST_F(sqlite_store, RefusesANewerSchemaAndNamesBothVersions) {
  run_sql("PRAGMA user_version = 9");
  const auto opened = open_sqlite(path());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, errc::unsupported);
  EXPECT_NE(opened.error().detail.find("version 9, this nipd knows 1"), std::string::npos)
      << opened.error().detail;
}

TEST_F(sqlite_store, NamesAPathThatCannotBeOpened) {
  write_file("a file where a folder should be");
  const auto opened = open_sqlite(path() / "below" / "state.db");
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().detail.find(path().string()), std::string::npos);
}

TEST_F(sqlite_store, InMemoryStoreKeepsNothing) {
  {
    auto first = open_sqlite(":memory:");
    ASSERT_TRUE(first);
    ASSERT_TRUE((*first)->put("a", "b", "c"));
    EXPECT_EQ((*first)->get("a", "b").value()->value, "c");
  }
  EXPECT_FALSE(open_sqlite(":memory:").value()->get("a", "b").value().has_value());
  EXPECT_FALSE(std::filesystem::exists(":memory:"));
}

TEST_F(sqlite_store, SeveralChangesAreMadeTogetherAndKept) {
  ASSERT_TRUE(store_->put("rules", "old", "x"));
  const std::vector<change> changes = {
      {"rules", "a", "1"}, {"house", "last", "7"}, {"rules", "old", {}}, {"rules", "never", {}}};
  ASSERT_TRUE(store_->apply(changes));
  reopen();
  EXPECT_EQ((*store_->get("rules", "a"))->value, "1");
  EXPECT_EQ((*store_->get("house", "last"))->value, "7");
  EXPECT_FALSE(*store_->get("rules", "old"));
}

TEST_F(sqlite_store, OfSeveralChangesNoneIsMadeWhenOneFails) {
  ASSERT_TRUE(store_->put("rules", "old", "x"));
  const std::vector<change> wrong = {{"rules", "a", "1"}, {"rules", "", "2"}};
  EXPECT_EQ(store_->apply(wrong).error().code, errc::invalid_argument);
  // One that fails in the midst of the transaction.
  sqlite3* raw = nullptr;
  ASSERT_EQ(sqlite3_open(path().c_str(), &raw), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(raw,
                         "CREATE TRIGGER refuse BEFORE INSERT ON entries WHEN NEW.key = x'626164' "
                         "BEGIN SELECT RAISE(ABORT, 'refused'); END",
                         nullptr, nullptr, nullptr),
            SQLITE_OK);
  sqlite3_close(raw);
  const std::vector<change> half = {
      {"rules", "a", "1"}, {"rules", "old", {}}, {"rules", "bad", "2"}};
  EXPECT_FALSE(store_->apply(half));
  reopen();
  EXPECT_FALSE(*store_->get("rules", "a"));
  EXPECT_EQ((*store_->get("rules", "old"))->value, "x");
}

}  // namespace
}  // namespace nip::state
