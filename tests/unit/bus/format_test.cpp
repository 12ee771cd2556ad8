// The format, byte by byte: these bytes are in files that people have, and do not change.
#include "bus/journal/format.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <array>

#include "bus/journal/outcome_run.hpp"
#include "bus/journal/record.hpp"
#include "bus/journal/record_cursor.hpp"

namespace nip::bus::journal {
namespace {

using testing::ElementsAre;

std::string hex(byte_span bytes) {
  std::string text;
  for (std::byte b : bytes) text += fmt::format("{:02x}", std::to_integer<int>(b));
  return text;
}

segment_header some_segment() {
  return {.journal_id = 0x1122334455667788,
          .segment = 7,
          .bytes = 1 << 20,
          .first_seq = 1000,
          .created = {1'700'000'000'000'000'000}};
}

batch_header some_batch() {
  return {.journal_id = 0x1122334455667788,
          .at = {7, 4096},
          .epoch = 3,
          .records = 2,
          .messages = 1,
          .bytes = 256,
          .first_seq = 1000,
          .written = {1'700'000'000'000'000'001},
          .durable = {6, 8192}};
}

message_record some_message() {
  message_record message;
  message.seq = seq_t(1000);
  message.tenant_seq = tenant_seq_t(10);
  message.tenant = tenant_id(2);
  message.accepted_at = {1'700'000'000'000'000'002};
  message.generation = generation_id(5);
  message.flags = wants_reply;
  message.envelope = "{\"id\":\"a\"}";
  return message;
}

outcome_record done(std::uint64_t seq, std::int64_t at) {
  outcome_record outcome;
  outcome.seq = seq_t(seq);
  outcome.at = {at};
  outcome.target = "sink";
  return outcome;
}

/// The only record in `bytes`, sealed under `key`.
record_view sealed(byte_buffer& bytes, std::uint64_t key) {
  seal_record(bytes.data(), bytes.size(), key);
  auto read = read_record(bytes.view(), key);
  EXPECT_TRUE(read);
  EXPECT_EQ(read->bytes, bytes.size());
  return read->record;
}

TEST(journal_format, SegmentHeaderStaysAsItIs) {
  std::array<std::byte, segment_header_bytes> page;
  encode(some_segment(), page);
  EXPECT_EQ(hex(byte_span(page).first(64)),
            "4e49502d4a524e4c"  // magic
            "0100000000100000"  // version, header size
            "8877665544332211"  // journal
            "0700000000000000"  // segment
            "0000100000000000"  // bytes
            "e803000000000000"  // first seq
            "00002a36fe9c9717"  // created
            "0000000000000000");
  EXPECT_EQ(hex(byte_span(page).subspan(4080)), "000000000000000067cc8b6ea0f71655");
}

TEST(journal_format, BatchHeaderStaysAsItIs) {
  std::array<std::byte, batch_header_bytes> bytes;
  encode(some_batch(), bytes);
  EXPECT_EQ(hex(bytes),
            "4e504231"          // magic
            "60000000"          // header size, flags
            "0001000002000000"  // bytes, records
            "8877665544332211"  // journal
            "0700000000000000"  // segment
            "0010000000000000"  // offset
            "0300000001000000"  // epoch, messages
            "e803000000000000"  // first seq
            "01002a36fe9c9717"  // written
            "0600000000000000"  // durable segment
            "0020000000000000"  // durable offset
            "0000000000000000"  // reserved
            "7e66cb242059fa14");
}

TEST(journal_format, MessageRecordStaysAsItIs) {
  byte_buffer bytes;
  append_message(bytes, some_message(), 0xABCD);
  seal_record(bytes.data(), bytes.size(), 0);
  EXPECT_EQ(hex(bytes.view().subspan(8)),
            "50000000"          // length
            "01010106"          // kind, version, flags, padding
            "e803000000000000"  // seq
            "0a00000000000000"  // tenant seq
            "02002a36fe9c9717"  // accepted
            "0500000000000000"  // generation
            "cdab000000000000"  // plan key
            "0200000000000000"  // tenant
            "7b226964223a2261227d000000000000");
}

TEST(journal_format, OutcomeRecordStaysAsItIs) {
  byte_buffer bytes;
  outcome_record outcome = done(1000, 9);
  outcome.kind = outcome_kind::retry;
  outcome.delivery = 2;
  outcome.attempt = 3;
  outcome.next_at = {10};
  outcome.text = "\"e\"";
  outcome.reply = "{}";
  append_outcome(bytes, outcome);
  EXPECT_EQ(hex(bytes.view().subspan(8)),
            "48000000"          // length
            "02010007"          // kind, version, flags, padding
            "e803000000000000"  // seq
            "0900000000000000"  // at
            "0a00000000000000"  // next
            "0200030002000400"  // delivery, attempt, kind, target bytes
            "0300000002000000"  // text bytes, reply bytes
            "73696e6b226522"    // sink, "e"
            "7b7d"              // reply
            "00000000000000");
}

TEST(journal_format, OutcomeRunStaysAsItIs) {
  byte_buffer bytes;
  const std::vector<outcome_record> run = {done(1000, 50), done(1001, 50), done(1300, 49)};
  ASSERT_EQ(run_length(run), 3u);
  append_outcome_run(bytes, run);
  EXPECT_EQ(hex(bytes.view().subspan(8)),
            "38000000"          // length
            "03010007"          // kind, version, flags, padding
            "e803000000000000"  // seq
            "3200000000000000"  // at
            "0000030004000000"  // delivery, count, target bytes
            "73696e6b"          // sink
            "0100"              // +1, +0
            "ab0201"            // +299, -1
            "00000000000000");
}

TEST(journal_format, PlanRecordStaysAsItIs) {
  byte_buffer bytes;
  append_plan(bytes, 0xABCD, bytes_of("plan"));
  EXPECT_EQ(hex(bytes.view().subspan(8)),
            "20000000"
            "04010004"
            "cdab000000000000"
            "706c616e00000000");
}

TEST(journal_format, HeadersReadBackWhatWasWritten) {
  std::array<std::byte, segment_header_bytes> page;
  encode(some_segment(), page);
  auto segment = decode_segment_header(page);
  ASSERT_TRUE(segment);
  EXPECT_EQ(segment->segment, 7u);
  EXPECT_EQ(segment->first_seq, 1000u);
  EXPECT_EQ(segment->bytes, 1u << 20);
  std::array<std::byte, batch_header_bytes> bytes;
  encode(some_batch(), bytes);
  auto batch = decode_batch_header(bytes);
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->at, (position{7, 4096}));
  EXPECT_EQ(batch->durable, (position{6, 8192}));
  EXPECT_EQ(batch->epoch, 3u);
  EXPECT_EQ(batch->messages, 1u);
  EXPECT_EQ(batch->end_seq(), 1001u);
}

TEST(journal_format, AnyFlippedBitOfAHeaderIsNoticed) {
  std::array<std::byte, batch_header_bytes> bytes;
  encode(some_batch(), bytes);
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    auto broken = bytes;
    broken[bit / 8] ^= static_cast<std::byte>(1u << (bit % 8));
    ASSERT_FALSE(decode_batch_header(broken)) << "bit " << bit;
  }
}

TEST(journal_format, BatchThatClaimsToBeDurableBehindItselfIsRefused) {
  std::array<std::byte, batch_header_bytes> bytes;
  batch_header header = some_batch();
  header.durable = {7, 5000};
  encode(header, bytes);
  EXPECT_FALSE(decode_batch_header(bytes));
}

TEST(journal_format, RecordOfAnotherBatchDoesNotPass) {
  byte_buffer bytes;
  append_message(bytes, some_message(), 0);
  batch_header here = some_batch();
  seal_record(bytes.data(), bytes.size(), record_key(here));
  EXPECT_TRUE(read_record(bytes.view(), record_key(here)));
  for (auto change :
       {+[](batch_header& b) { ++b.epoch; }, +[](batch_header& b) { ++b.at.segment; },
        +[](batch_header& b) { b.at.offset += 8; }, +[](batch_header& b) { ++b.journal_id; }}) {
    batch_header elsewhere = here;
    change(elsewhere);
    EXPECT_FALSE(read_record(bytes.view(), record_key(elsewhere)));
  }
}

TEST(journal_format, FieldsThatDoNotFitTheKindAreRefused) {
  byte_buffer bytes;
  outcome_record outcome = done(1, 2);
  append_outcome(bytes, outcome);
  bytes.data()[48] = std::byte{200};  // text bytes beyond the record
  record_view record = sealed(bytes, 1);
  EXPECT_FALSE(decode_outcome(record));
  EXPECT_FALSE(sound_outcomes(record));
  EXPECT_FALSE(visit_outcomes(record, [](const outcome_record&) { return true; }));
  EXPECT_FALSE(decode_message(record));
  EXPECT_FALSE(decode_plan(record));
}

TEST(journal_format, RunsEndWhereOutcomesDiffer) {
  std::vector<outcome_record> outcomes = {done(1, 1), done(2, 1), done(3, 1)};
  EXPECT_EQ(run_length(outcomes), 3u);
  outcomes[2].seq = seq_t(2);
  EXPECT_EQ(run_length(outcomes), 2u) << "not rising";
  outcomes[1].target = "other";
  EXPECT_EQ(run_length(outcomes), 1u) << "another target";
  outcomes[1] = done(2, 1);
  outcomes[1].attempt = 2;
  EXPECT_EQ(run_length(outcomes), 1u) << "not the first attempt";
  outcomes[0].reply = "{}";
  EXPECT_EQ(run_length(outcomes), 1u) << "has a reply";
}

TEST(journal_format, RunsReadBackInOrder) {
  std::vector<outcome_record> outcomes;
  for (std::uint64_t n = 0; n < 300; ++n)
    outcomes.push_back(done(1 + n * n * n, static_cast<std::int64_t>(n % 7) * -1'000'000'007));
  byte_buffer bytes;
  append_outcome_run(bytes, outcomes);
  record_view record = sealed(bytes, 9);
  std::size_t seen = 0;
  EXPECT_TRUE(visit_outcomes(record, [&](const outcome_record& outcome) {
    EXPECT_EQ(outcome.seq, outcomes[seen].seq);
    EXPECT_EQ(outcome.at, outcomes[seen].at);
    EXPECT_EQ(outcome.target, "sink");
    EXPECT_EQ(outcome.kind, outcome_kind::done);
    EXPECT_EQ(outcome.attempt, 1);
    ++seen;
    return true;
  }));
  EXPECT_EQ(seen, outcomes.size());
}

TEST(journal_format, CursorStepsOverADamagedRecord) {
  byte_buffer bytes;
  std::vector<std::size_t> starts;
  for (int n = 0; n < 4; ++n) {
    starts.push_back(bytes.size());
    append_message(bytes, some_message(), 0);
  }
  const std::size_t one = bytes.size() / 4;
  for (std::size_t start : starts) seal_record(bytes.data() + start, one, 5);
  bytes.data()[starts[1] + 8] = std::byte{0xFF};  // its length cannot be trusted
  record_cursor cursor(bytes.view(), 5);
  std::vector<std::pair<record_cursor::found, std::size_t>> seen;
  for (auto found = cursor.next(); found != record_cursor::found::end; found = cursor.next())
    seen.emplace_back(found, cursor.offset());
  using enum record_cursor::found;
  EXPECT_THAT(seen, ElementsAre(std::pair{record, starts[0]},
                                std::pair{record_cursor::found::damage, starts[1]},
                                std::pair{record, starts[2]}, std::pair{record, starts[3]}));
}

TEST(journal_format, SegmentNamesSortByNumber) {
  EXPECT_EQ(segment_name(42), "000000000042.segment");
  EXPECT_EQ(parse_segment_name("000000000042.segment"), 42u);
  for (auto name : {"000000000000.segment", "42.segment", "00000000004x.segment", "lock",
                    "000000000042.segment.tmp", ".segment"})
    EXPECT_FALSE(parse_segment_name(name)) << name;
}

}  // namespace
}  // namespace nip::bus::journal
