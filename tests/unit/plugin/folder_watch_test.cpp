#include "unit/plugin/harness.hpp"

namespace nip::plugin::test {

namespace {

class watched : public testing::Test {
 protected:
  void watch(std::vector<std::filesystem::path> what) {
    auto made = watch_folders(std::move(what), loop_, [this] { ++changes_; });
    ASSERT_TRUE(made) << made.error().detail;
    watch_ = *std::move(made);
  }
  bool changed(int times = 1) {
    return loop_.turn_until([&] { return changes_ >= times; });
  }

  temporary_folder folder_;
  hand_loop loop_;
  int changes_ = 0;
  std::unique_ptr<folder_watch> watch_;
};

}  // namespace

TEST_F(watched, DroppedInLibraryIsSeen) {
  watch({folder_.path()});
  folder_.install(shipped_plugin("echo"), "echo.so");
  EXPECT_TRUE(changed());
}

TEST_F(watched, OnlyLibrariesCount) {
  watch({folder_.path()});
  folder_.write("notes.txt", "x");
  folder_.write(".hidden.so", "x");
  folder_.write("half.so.tmp", "x");
  folder_.write("last.so", "x");
  EXPECT_TRUE(changed());
  watch_.reset();
  loop_.turn();
  EXPECT_EQ(changes_, 1);
}

TEST_F(watched, FolderThatComesLaterIsSeen) {
  const auto later = folder_.path() / "later";
  watch({later});
  std::filesystem::create_directory(later);
  std::ofstream(later / "x.so") << "x";
  EXPECT_TRUE(changed());
}

TEST_F(watched, RemovalIsSeen) {
  const auto file = folder_.write("x.so", "x");
  watch({folder_.path()});
  std::filesystem::remove(file);
  EXPECT_TRUE(changed());
}

TEST_F(watched, NothingIsCalledAfterItsEnd) {
  watch({folder_.path()});
  folder_.write("x.so", "x");
  ASSERT_TRUE(changed());
  watch_.reset();
  const int seen = changes_;
  folder_.write("y.so", "y");
  loop_.turn();
  EXPECT_EQ(changes_, seen);
}

}  // namespace nip::plugin::test
