// What a caller sees of the journal while nothing goes wrong.
#include "unit/bus/journal_fixture.hpp"

namespace nip::bus {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class journal_basics : public journal_fixture {};

TEST_F(journal_basics, NewOneIsEmpty) {
  open();
  EXPECT_EQ(log->durable(), seq_t(0));
  EXPECT_THAT(scan().messages, IsEmpty());
  EXPECT_EQ(log->recovery().messages, 0u);
  EXPECT_THAT(log->recovery().quarantined, IsEmpty());
}

TEST_F(journal_basics, MessagesComeBackInOrderWithEverythingTheyHad) {
  open();
  write(R"({"id":"a"})", "plan-1");
  write(R"({"id":"b"})");
  std::vector<message_record> three = {message(R"({"id":"c"})", "plan-1"),
                                       message(R"({"id":"d"})", "plan-2", tenant_id(9)),
                                       message(R"({"id":"e"})", "plan-1")};
  ASSERT_TRUE(log->append(0, three, {}));
  EXPECT_EQ(three[0].seq, seq_t(3));
  EXPECT_EQ(three[2].seq, seq_t(5));
  EXPECT_EQ(three[1].tenant_seq, tenant_seq_t(1));
  EXPECT_EQ(three[2].tenant_seq, tenant_seq_t(4));
  wait_durable(seq_t(5));
  EXPECT_THAT(scan().messages,
              ElementsAre(R"(1/1:1 {"id":"a"} [plan-1])", R"(2/1:2 {"id":"b"} [])",
                          R"(3/1:3 {"id":"c"} [plan-1])", R"(4/9:1 {"id":"d"} [plan-2])",
                          R"(5/1:4 {"id":"e"} [plan-1])"));
}

TEST_F(journal_basics, FieldsSurviveReopening) {
  open();
  auto record = message(R"({"id":"a"})", "plan");
  record.flags = wants_reply | buffered;
  record.generation = generation_id(41);
  record.accepted_at = {123'456'789};
  record.plan_key = 77;
  ASSERT_TRUE(append({record}));
  reopen();
  auto stored = log->read(seq_t(1));
  ASSERT_TRUE(stored && *stored);
  const message_record& read = (*stored)->record;
  EXPECT_EQ(read.flags, wants_reply | buffered);
  EXPECT_EQ(read.generation, generation_id(41));
  EXPECT_EQ(read.accepted_at, wall_time{123'456'789});
  EXPECT_EQ(read.plan_key, 77u);
  EXPECT_EQ(read.plan, "plan");
  EXPECT_EQ(read.envelope, R"({"id":"a"})");
  EXPECT_EQ(read.tenant_seq, tenant_seq_t(1));
}

TEST_F(journal_basics, OutcomesOfEveryKindComeBack) {
  open();
  write(text(1));
  auto retry = outcome(1, outcome_kind::retry);
  retry.attempt = 2;
  retry.next_at = {42};
  retry.text = R"("refused")";
  auto dead = outcome(1, outcome_kind::dead);
  dead.delivery = 3;
  dead.text = R"("permanent")";
  auto replied = outcome(1);
  replied.reply = R"({"id":"r"})";
  ASSERT_TRUE(append({}, {retry, dead, outcome(1, outcome_kind::expired), replied}));
  ASSERT_TRUE(append({}, {outcome(1, outcome_kind::redriven), outcome(1, outcome_kind::purged)}));
  reopen();
  EXPECT_THAT(
      scan().outcomes,
      ElementsAre(R"(1.0 2#2 sink "refused" )", R"(1.3 3#1 sink "permanent" )", "1.0 4#1 sink  ",
                  R"(1.0 1#1 sink  {"id":"r"})", "1.0 5#1 sink  ", "1.0 6#1 sink  "));
}

TEST_F(journal_basics, ManyPlainDoneTakeAFewBytesEach) {
  open();
  std::vector<message_record> messages;
  const std::string envelope = text(1);
  for (int i = 0; i < 500; ++i) messages.push_back(message(envelope));
  ASSERT_TRUE(append(messages));
  wait_durable(seq_t(500));
  const auto before = log->stats().bytes_written;
  std::vector<outcome_record> done;
  for (std::uint64_t seq = 1; seq <= 500; ++seq) done.push_back(outcome(seq));
  ASSERT_TRUE(append({}, done));
  log->close();
  EXPECT_LT(log->stats().bytes_written - before, 500 * 4 + 200);
  EXPECT_EQ(scan().outcomes.size(), 500u);
  EXPECT_EQ(scan().outcomes.back(), "500.0 1#1 sink  ");
}

TEST_F(journal_basics, PlanIsStoredOnceASegment) {
  how.segment_bytes = 32 << 10;
  open();
  const std::string plan(1000, 'p');
  for (std::uint64_t n = 1; n <= 300; ++n) write(text(n, 100), plan);
  const auto segments = log->stats().segments;
  ASSERT_GT(segments, 1u);
  EXPECT_LT(log->stats().bytes_written, 300 * 400 + segments * 1100);
  for (const auto& line : scan().messages) EXPECT_TRUE(line.ends_with("[" + plan + "]"));
}

TEST_F(journal_basics, EachSegmentIsReadableAlone) {
  how.segment_bytes = 16 << 10;
  open();
  write_many(1, 200, 100);
  const auto segments = log->stats().segments;
  ASSERT_GE(segments, 3u);
  log.reset();
  for (std::uint64_t n = 1; n < segments; ++n) ASSERT_TRUE(disk.remove(segment(n)));
  reopen();
  const auto left = scan();
  ASSERT_FALSE(left.messages.empty());
  EXPECT_EQ(left.seqs.back(), 200u);
  for (const auto& line : left.messages) EXPECT_TRUE(line.ends_with("[plan]")) << line;
}

TEST_F(journal_basics, ScanStartsAtANumberAndEndsWhenTold) {
  how.segment_bytes = 16 << 10;
  open();
  write_many(1, 200, 100);
  for (std::uint64_t from : {2u, 57u, 199u, 200u}) {
    const auto found = scan(from);
    ASSERT_EQ(found.messages.size(), 201 - from);
    EXPECT_EQ(found.seqs.front(), from);
    EXPECT_TRUE(found.messages.front().ends_with("[plan]"));
  }
  EXPECT_THAT(scan(201).messages, IsEmpty());
  collected three;
  three.messages_max = 3;
  ASSERT_TRUE(log->scan(seq_t(50), three));
  EXPECT_THAT(three.seqs, ElementsAre(50, 51, 52));
}

TEST_F(journal_basics, ScanFromANumberSkipsOutcomesBeforeIt) {
  open();
  write(text(1));
  ASSERT_TRUE(append({}, {outcome(1, outcome_kind::retry)}));
  write(text(2));
  ASSERT_TRUE(append({}, {outcome(1), outcome(2)}));
  write(text(3));
  EXPECT_THAT(scan(2).outcomes, ElementsAre("1.0 1#1 sink  ", "2.0 1#1 sink  "));
  EXPECT_THAT(scan(1).outcomes.size(), 3u);
}

TEST_F(journal_basics, OnlyWhatIsDurableIsRead) {
  open();
  write(text(1));
  auto lazy = message("{\"id\":\"later\"}");
  lazy.flags = buffered;
  ASSERT_TRUE(append({lazy}));
  EXPECT_EQ(scan().messages.size(), 1u);
  EXPECT_FALSE(*log->read(seq_t(2)));
  EXPECT_FALSE(*log->find(default_tenant, "later"));
  log->close();
  EXPECT_EQ(scan().messages.size(), 2u);
  EXPECT_TRUE(*log->find(default_tenant, "later"));
}

TEST_F(journal_basics, FindGivesTheNewestWithItsOutcomes) {
  open();
  write(R"({"id":"a","n":1})");
  write(R"({"id":"b"})");
  write(R"({"id":"a","n":2})", "plan");
  auto dead = outcome(3, outcome_kind::dead);
  dead.text = "\"why\"";
  ASSERT_TRUE(append({}, {outcome(1), outcome(3, outcome_kind::retry), dead}));
  write(R"({"id":"c"})");
  auto found = log->find(default_tenant, "a");
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->message.record.seq, seq_t(3));
  EXPECT_EQ((*found)->message.record.envelope, R"({"id":"a","n":2})");
  EXPECT_EQ((*found)->message.record.plan, "plan");
  ASSERT_EQ((*found)->outcomes.size(), 2u);
  EXPECT_EQ((*found)->outcomes[1]->record.text, "\"why\"");
  EXPECT_EQ((*found)->outcomes[1]->record.target, "sink");
}

TEST_F(journal_basics, FindKeepsTenantsApart) {
  open();
  ASSERT_TRUE(append({message(R"({"id":"a"})", "", tenant_id(2))}));
  wait_durable(seq_t(1));
  EXPECT_FALSE(*log->find(default_tenant, "a"));
  EXPECT_TRUE(*log->find(tenant_id(2), "a"));
  EXPECT_FALSE(*log->find(tenant_id(2), "other"));
}

TEST_F(journal_basics, FindKnowsWhatWasThereBeforeItWasOpened) {
  open();
  write(R"({"type":"t","id":"late-id"})");
  write(R"({"id":"es\"caped"})");
  reopen();
  EXPECT_EQ((*log->find(default_tenant, "late-id"))->message.record.seq, seq_t(1));
  EXPECT_EQ((*log->find(default_tenant, "es\"caped"))->message.record.seq, seq_t(2));
}

TEST_F(journal_basics, NumbersGoOnAfterReopening) {
  open();
  write(text(1));
  ASSERT_TRUE(append({message(text(2), "", tenant_id(5)), message(text(3))}));
  reopen();
  EXPECT_EQ(log->durable(), seq_t(3));
  EXPECT_EQ(log->recovery().messages, 3u);
  EXPECT_EQ(log->recovery().cut_bytes, 0u);
  std::vector<message_record> next = {message(text(4), "", tenant_id(5)), message(text(5))};
  ASSERT_TRUE(log->append(0, next, {}));
  EXPECT_EQ(next[0].seq, seq_t(4));
  EXPECT_EQ(next[0].tenant_seq, tenant_seq_t(2));
  EXPECT_EQ(next[1].tenant_seq, tenant_seq_t(3));
}

TEST_F(journal_basics, SecondOpenOfTheSameDirectoryIsRefused) {
  open();
  auto second = try_open();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, errc::conflict);
  EXPECT_NE(second.error().detail.find("journal/lock"), std::string::npos);
}

TEST_F(journal_basics, ClosedOneRefusesAppends) {
  open();
  write(text(1));
  log->close();
  log->close();
  auto done = append({message(text(2))});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, errc::unavailable);
  EXPECT_EQ(scan().messages.size(), 1u);
}

TEST_F(journal_basics, BadOptionsAreNamed) {
  how.segment_bytes = 100;
  auto opened = try_open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, errc::invalid_argument);
  EXPECT_NE(opened.error().detail.find("segment_bytes is 100"), std::string::npos);
}

TEST_F(journal_basics, SyncIsMeasuredAndLeavesNothingBehind) {
  ASSERT_TRUE(disk.make_directories("data"));
  auto median = measure_sync(disk, "data");
  ASSERT_TRUE(median);
  EXPECT_GE(median->count(), 0);
  EXPECT_GE(disk.count(test::fake_file_system::operation::sync), 2u);
  EXPECT_THAT(*disk.list("data"), IsEmpty());
  EXPECT_EQ(measure_sync(disk, "nowhere").error().code, errc::not_found);
}

}  // namespace
}  // namespace nip::bus
