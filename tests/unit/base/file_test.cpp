// The file seam on the operating system's files, and the fake against the same expectations.
#include "base/file.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>

#include "support/fake_file_system.hpp"

namespace nip {
namespace {

byte_span bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

/// A directory that is gone when the test is over.
class scratch {
 public:
  scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "nip-file-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~scratch() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

template <class Files>
class file_seam : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(files.make_directories(in("a/b"))); }
  std::string in(std::string_view name) { return directory.path() + "/" + std::string(name); }
  std::unique_ptr<file> make(std::string_view name, std::string_view content) {
    auto made = files.open(in(name), open_mode::create);
    EXPECT_TRUE(made && (*made)->write(0, bytes_of(content)));
    return std::move(*made);
  }
  std::string read(const file& from, std::uint64_t offset, std::size_t count) {
    std::string text(count, '?');
    auto got = from.read(offset, std::as_writable_bytes(std::span(text)));
    EXPECT_TRUE(got);
    text.resize(*got);
    return text;
  }

  scratch directory;
  Files files;
};

using implementations = testing::Types<posix_file_system, test::fake_file_system>;
TYPED_TEST_SUITE(file_seam, implementations);

TYPED_TEST(file_seam, ReadsWhatWasWrittenAndLessAtTheEnd) {
  auto made = this->make("x", "hello");
  EXPECT_EQ(this->read(*made, 1, 3), "ell");
  EXPECT_EQ(this->read(*made, 3, 10), "lo");
  EXPECT_EQ(this->read(*made, 50, 10), "");
  EXPECT_EQ(*made->size(), 5u);
}

TYPED_TEST(file_seam, WritesPartsBehindOneAnother) {
  auto made = this->make("x", "");
  std::string expected;
  std::vector<std::string> texts;
  for (int n = 0; n < 1500; ++n) texts.push_back(std::to_string(n));
  std::vector<byte_span> parts = {byte_span()};
  for (const auto& text : texts) {
    parts.push_back(bytes_of(text));
    expected += text;
  }
  ASSERT_TRUE(made->write(3, parts));
  EXPECT_EQ(this->read(*made, 3, expected.size() + 1), expected);
  EXPECT_EQ(this->read(*made, 0, 3), std::string(3, '\0'));
}

TYPED_TEST(file_seam, PreallocatesZerosAndTruncates) {
  auto made = this->make("x", "ab");
  ASSERT_TRUE(made->preallocate(10));
  EXPECT_EQ(*made->size(), 10u);
  EXPECT_EQ(this->read(*made, 0, 4), std::string("ab\0\0", 4));
  ASSERT_TRUE(made->preallocate(5));
  EXPECT_EQ(*made->size(), 10u) << "never shrinks";
  ASSERT_TRUE(made->truncate(1));
  EXPECT_EQ(this->read(*made, 0, 4), "a");
  EXPECT_TRUE(made->datasync());
}

TYPED_TEST(file_seam, RenamesListsAndRemoves) {
  this->make("a/two", "2");
  this->make("a/one", "1");
  EXPECT_EQ(*this->files.list(this->in("a/b")), std::vector<std::string>{});
  ASSERT_TRUE(this->files.rename(this->in("a/two"), this->in("a/one")));
  EXPECT_FALSE(*this->files.exists(this->in("a/two")));
  auto replaced = this->files.open(this->in("a/one"), open_mode::read);
  ASSERT_TRUE(replaced);
  EXPECT_EQ(this->read(**replaced, 0, 9), "2");
  ASSERT_TRUE(this->files.remove(this->in("a/one")));
  EXPECT_TRUE(this->files.sync_directory(this->in("a")));
  EXPECT_EQ(this->files.remove(this->in("a/one")).error().code, errc::not_found);
}

TYPED_TEST(file_seam, CreatingAnewEmpties) {
  this->make("x", "content");
  auto again = this->make("x", "");
  EXPECT_EQ(*again->size(), 0u);
}

TYPED_TEST(file_seam, AWholeFileIsReadUpToABound) {
  this->make("a/f", "twelve bytes");
  EXPECT_EQ(*read_whole(this->files, this->in("a/f")), "twelve bytes");
  EXPECT_EQ(*read_whole(this->files, this->in("a/f"), 12), "twelve bytes");
  EXPECT_EQ(read_whole(this->files, this->in("a/f"), 11).error().code, errc::too_large);
  EXPECT_EQ(read_whole(this->files, this->in("a/none")).error().code, errc::not_found);
}

TYPED_TEST(file_seam, ErrorsNameThePath) {
  const std::string path = this->in("missing");
  auto opened = this->files.open(path, open_mode::write);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, errc::not_found);
  EXPECT_NE(opened.error().detail.find(path), std::string::npos);
  auto renamed = this->files.rename(path, this->in("other"));
  ASSERT_FALSE(renamed);
  EXPECT_NE(renamed.error().detail.find(path), std::string::npos);
  EXPECT_FALSE(this->files.list(path));
}

TYPED_TEST(file_seam, LockIsHeldOnceAndGivenBack) {
  const std::string path = this->in("lock");
  auto held = this->files.lock(path);
  ASSERT_TRUE(held);
  auto second = this->files.lock(path);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, errc::conflict);
  EXPECT_NE(second.error().detail.find(path), std::string::npos);
  held->reset();
  EXPECT_TRUE(this->files.lock(path));
}

TEST(posix_lock, NamesTheProcessThatHoldsIt) {
  scratch directory;
  posix_file_system files;
  auto held = files.lock(directory.path() + "/lock");
  ASSERT_TRUE(held);
  auto second = files.lock(directory.path() + "/lock");
  EXPECT_NE(second.error().detail.find("process " + std::to_string(::getpid())), std::string::npos);
}

TEST(posix_file, FullDeviceIsToldApart) {
  posix_file_system files;
  auto full = files.open("/dev/full", open_mode::write);
  if (!full) GTEST_SKIP() << "no /dev/full here";
  auto written = (*full)->write(0, bytes_of("x"));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, errc::storage_full);
}

TEST(parent_directory, IsThePartBeforeTheLastSlash) {
  EXPECT_EQ(parent_directory("a/b/c"), "a/b");
  EXPECT_EQ(parent_directory("/a"), "/");
  EXPECT_EQ(parent_directory("a"), ".");
}

class fake_disk : public testing::Test {
 protected:
  fake_disk() {
    EXPECT_TRUE(disk.make_directories("d"));
    opened = std::move(*disk.open("d/x", open_mode::create));
    EXPECT_TRUE(opened->write(0, bytes_of("synced")));
    EXPECT_TRUE(opened->datasync());
    EXPECT_TRUE(disk.sync_directory("d"));
    EXPECT_TRUE(opened->write(0, bytes_of("UNSYNCED")));
  }
  std::string content() {
    auto bytes = disk.contents("d/x");
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  test::fake_file_system disk;
  std::unique_ptr<file> opened;
};

TEST_F(fake_disk, PowerCutDropsWhatWasNotSynced) {
  disk.power_cut({});
  EXPECT_EQ(content(), "synced");
  EXPECT_FALSE(opened->write(0, bytes_of("x")));
}

TEST_F(fake_disk, PowerCutMayTearAWrite) {
  disk.power_cut({.kept = test::fake_file_system::survival::prefix, .bytes_kept = 3});
  EXPECT_EQ(content(), std::string("UNSced\0\0", 8));
}

TEST_F(fake_disk, PowerCutForgetsNamesWithoutADirectorySync) {
  ASSERT_TRUE(disk.rename("d/x", "d/y"));
  auto twin = disk.copy();
  disk.power_cut({});
  EXPECT_TRUE(*disk.exists("d/x"));
  twin.power_cut({.keep_names = true});
  EXPECT_TRUE(*twin.exists("d/y"));
}

TEST_F(fake_disk, FailsTheNthOperationOnce) {
  disk.fail(test::fake_file_system::operation::sync, 2);
  EXPECT_TRUE(opened->datasync());
  EXPECT_FALSE(opened->datasync());
  EXPECT_TRUE(opened->datasync());
}

TEST_F(fake_disk, FullOneRefusesToGrow) {
  disk.set_capacity(10);
  EXPECT_TRUE(opened->write(2, bytes_of("12345678")));
  auto refused = opened->write(9, bytes_of("12"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::storage_full);
  EXPECT_FALSE(opened->preallocate(11));
}

}  // namespace
}  // namespace nip
