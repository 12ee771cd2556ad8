// A journal on the real disk, for what works on folders: inspection, repair, backups.
#pragma once

#include <deque>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "bus/journal/table.hpp"
#include "support/scratch_folder.hpp"
#include "unit/bus/journal_fixture.hpp"
#include "unit/bus/test_ledger.hpp"

namespace nip::bus {

class disk_journal : public testing::Test {
 protected:
  disk_journal() {
    how.path = folder.in("journal");
    how.segment_bytes = 32 << 10;
    how.prepare_ahead = false;
    how.lazy_sync = std::chrono::hours(1);
  }
  ~disk_journal() override { log.reset(); }

  void open(const std::string& path = {}) {
    log.reset();
    book = std::make_unique<test_ledger>();
    options chosen = how;
    if (!path.empty()) chosen.path = path;
    auto opened = open_journal(chosen, files, clock, 1, book.get());
    ASSERT_TRUE(opened) << opened.error().detail;
    log = std::move(*opened);
  }
  void close() { log.reset(); }

  /// Messages m-first to m-(first + count - 1), some at a time; all durable on return.
  void write(std::uint64_t first, std::uint64_t count) {
    constexpr std::uint64_t at_once = 20;
    for (std::uint64_t n = first; n < first + count; n += at_once)
      write_some(n, std::min(at_once, first + count - n));
  }
  /// Every second message is done.
  void write_some(std::uint64_t first, std::uint64_t count) {
    std::deque<std::string> texts;
    std::vector<message_record> messages(count);
    std::vector<outcome_record> outcomes;
    for (std::uint64_t n = first; n < first + count; ++n) {
      auto& record = messages[n - first];
      record.accepted_at = {1'700'000'000'000'000'000};
      record.plan = "plan";
      record.envelope = texts.emplace_back(
          fmt::format(R"({{"id":"m-{}","data":"{}"}})", n, std::string(300, 'x')));
      if (n % 2 != 0) continue;
      auto& done = outcomes.emplace_back();
      done.seq = seq_t(n);
      done.at = {1'700'000'000'000'000'500};
      done.target = "sink";
    }
    ASSERT_TRUE(log->append(0, messages, outcomes));
    while (log->durable() < messages.back().seq) std::this_thread::yield();
  }
  collected scan() {
    collected found;
    EXPECT_TRUE(log->scan(seq_t(1), found));
    return found;
  }

  static std::string bytes_in(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static void flip(const std::string& path, std::uint64_t offset) {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekg(static_cast<std::streamoff>(offset));
    const char was = static_cast<char>(file.get());
    file.seekp(static_cast<std::streamoff>(offset));
    file.put(static_cast<char>(was ^ 0x40));
  }
  std::string segment(std::uint64_t number) const {
    return how.path + "/" + journal::segment_name(number);
  }
  std::string table(std::uint64_t number) const {
    return how.path + "/" + journal::table_name(number);
  }

  test::scratch_folder folder;
  options how;
  posix_file_system files;
  system_clock clock;
  std::unique_ptr<test_ledger> book;
  std::unique_ptr<bus> log;
};

}  // namespace nip::bus
