// Backups: whole while the journal is written to, and put back as what they were.
#include "bus/maintenance/backup.hpp"

#include <sys/stat.h>

#include <thread>

#include "unit/bus/disk_journal.hpp"

namespace nip::bus::maintenance {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class backup : public disk_journal {
 protected:
  backup() { open(); }
  result<backup_report> save(bool links = true) { return back_up(how.path, saved, links, clock); }
  std::string restored_message(const result<backup_report>& done) {
    return done ? "restored" : done.error().detail;
  }

  const std::string saved = folder.in("saved");
  const std::string again = folder.in("again");
};

TEST_F(backup, OfAnOpenJournalHasEverythingAcknowledged) {
  write(1, 400);
  const auto before = scan();
  const auto made = save();
  ASSERT_TRUE(made) << made.error().detail;
  EXPECT_THAT(made->damaged, IsEmpty());
  EXPECT_EQ(made->made.messages, 400u);
  EXPECT_EQ(made->made.next_seq, 401u + journal::unwritten_messages_max);
  write(401, 10);  // the backup does not change any more
  close();
  const auto put = restore_backup(saved, again);
  ASSERT_TRUE(put) << put.error().detail;
  open(again);
  EXPECT_EQ(scan().messages, before.messages);
  EXPECT_EQ(scan().outcomes, before.outcomes);
  EXPECT_NE(log->recovery().checkpoint, 0u)
      << "the restart goes on from a checkpoint of the backup";
  EXPECT_EQ(log->recovery().cut_bytes, 0u);
}

TEST_F(backup, WhileAWriterGoesOnIsAPrefixWithAllThatWasAcknowledged) {
  how.prepare_ahead = true;
  how.retention_bytes = 100 << 10;
  open();
  write(1, 300);
  constexpr std::uint64_t at_once = 500;  // some segments
  std::atomic<std::uint64_t> written = 300;
  std::atomic<std::uint64_t> allowed = 300;
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (std::uint64_t n = 301; !stop;) {
      if (n > allowed) {
        allowed.wait(n - 1);
        continue;
      }
      write(n, 10);
      n += 10;
      written = n - 1;
    }
  });
  const auto go_on = [&] {
    allowed = written + at_once;
    allowed.notify_one();
  };
  for (int round = 0; round < 5; ++round) {
    const std::uint64_t acknowledged = written;
    go_on();
    while (written < acknowledged + 20) std::this_thread::yield();
    const std::uint64_t least = written;
    const auto made = save();
    EXPECT_TRUE(made) << made.error().detail;
    if (!made) break;
    EXPECT_THAT(made->damaged, IsEmpty());
    EXPECT_GT(made->made.next_seq, least);
    const auto put = restore_backup(saved, again);
    EXPECT_EQ(restored_message(put), "restored");
    std::filesystem::remove_all(saved);
    std::filesystem::remove_all(again);
  }
  stop = true;
  go_on();
  writer.join();
}

TEST_F(backup, LinksOnlySegmentsThatAreNeverWrittenToAgain) {
  write(1, 400);
  const auto made = save();
  ASSERT_TRUE(made);
  std::uint64_t shared = 0;
  for (const auto& each : made->made.files) {
    struct stat seen{};
    ASSERT_EQ(::stat((saved + "/" + each.name).c_str(), &seen), 0);
    shared += seen.st_nlink > 1 ? 1 : 0;
    if (seen.st_nlink > 1) {
      const auto number = journal::parse_segment_name(each.name);
      ASSERT_TRUE(number) << each.name;
      EXPECT_TRUE(*files.exists(table(*number)));
      EXPECT_LT(*number, made->made.end.segment);
    }
  }
  EXPECT_EQ(shared, made->linked);
  std::filesystem::remove_all(saved);
  const auto copied = save(false);
  ASSERT_TRUE(copied);
  EXPECT_EQ(copied->linked, 0u);
}

TEST_F(backup, GoesOnlyIntoAnEmptyFolder) {
  write(1, 3);
  ASSERT_TRUE(save());
  EXPECT_EQ(save().error().code, errc::conflict);
  ASSERT_TRUE(restore_backup(saved, again));
  EXPECT_EQ(restore_backup(saved, again).error().code, errc::conflict);
}

TEST_F(backup, WithoutAManifestIsNotFinished) {
  write(1, 3);
  ASSERT_TRUE(save());
  ASSERT_TRUE(files.remove(saved + "/manifest"));
  const auto put = restore_backup(saved, again);
  ASSERT_FALSE(put);
  EXPECT_THAT(put.error().detail, HasSubstr("no finished backup"));
  EXPECT_FALSE(std::filesystem::exists(again));
}

TEST_F(backup, ThatHasChangedIsNotRestoredAndWhatIsThereIsNoJournal) {
  write(1, 50);
  const auto made = save();
  ASSERT_TRUE(made);
  flip(saved + "/" + journal::segment_name(1), 6000);
  const auto put = restore_backup(saved, again);
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().code, errc::corrupt);
  EXPECT_THAT(put.error().detail, HasSubstr(journal::segment_name(1)));
  options chosen = how;
  chosen.path = again;
  const auto opened = open_journal(chosen, files, clock, 1);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, errc::conflict);
  EXPECT_THAT(opened.error().detail, HasSubstr("did not finish"));
}

TEST_F(backup, OfADamagedJournalSaysSoAndKeepsTheDamage) {
  write(1, 400);
  close();
  flip(segment(1), 6000);
  const auto made = save();
  ASSERT_TRUE(made) << made.error().detail;
  EXPECT_EQ(made->damaged.size(), 1u);
  EXPECT_EQ(made->made.damaged, 1u);
  EXPECT_TRUE(restore_backup(saved, again));
}

manifest of_file(const char* name) {
  manifest made;
  made.files.push_back({name, 8192, 2});
  return made;
}

TEST(manifest, ReadsBackWhatWasWritten) {
  manifest made{
      .journal_id = 0xabc,
      .end = {7, 8192},
      .next_seq = 100,
      .messages = 90,
      .damaged = 1,
      .made = {1'700'000'000'000'000'000},
      .files = {{"000000000007.segment", 8192, 0x1234}, {"checkpoint-000000000006", 80, 1}}};
  const std::string text = encode_manifest(made);
  const auto read = decode_manifest(text);
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(encode_manifest(*read), text);
  EXPECT_EQ(read->files.size(), 2u);
  EXPECT_EQ(read->end, (journal::position{7, 8192}));
}

TEST(manifest, AnyChangeIsFound) {
  const std::string text = encode_manifest(of_file("000000000001.segment"));
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(decode_manifest(changed)) << i;
    EXPECT_FALSE(decode_manifest(text.substr(0, i))) << i;
  }
}

TEST(manifest, NamesNoFileOutsideItsFolder) {
  for (const char* name : {"../000000000001.segment", "lock", "a/000000000001.segment", "manifest"})
    EXPECT_FALSE(decode_manifest(encode_manifest(of_file(name)))) << name;
}

}  // namespace
}  // namespace nip::bus::maintenance
