// A journal on a fake disk, with verbs.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <mutex>

#include "bus/journal/format.hpp"
#include "bus/journal/journal.hpp"
#include "support/fake_file_system.hpp"

namespace nip::bus {

/// What a scan came by, as text that tests compare.
struct collected final : visitor {
  std::vector<std::string> messages;  // "seq/tenant:tenant_seq envelope [plan]"
  std::vector<std::string> outcomes;  // "seq.delivery kind#attempt target text reply"
  std::vector<std::uint64_t> seqs;
  std::vector<std::string> notes;  // "kind/tenant at bytes"
  std::size_t messages_max = SIZE_MAX;

  bool on_message(const message_record& m) override {
    messages.push_back(fmt::format("{}/{}:{} {} [{}]", m.seq.value, m.tenant.value,
                                   m.tenant_seq.value, m.envelope, m.plan));
    seqs.push_back(m.seq.value);
    return messages.size() < messages_max;
  }
  bool on_outcome(const outcome_record& o) override {
    outcomes.push_back(fmt::format("{}.{} {}#{} {} {} {}", o.seq.value, o.delivery,
                                   static_cast<int>(o.kind), o.attempt, o.target, o.text, o.reply));
    return true;
  }
  bool on_note(const note& n) override {
    notes.push_back(
        fmt::format("{}/{} {} {}", static_cast<int>(n.kind), n.tenant.value, n.at.ns, n.bytes));
    return true;
  }
};

class journal_fixture : public testing::Test {
 protected:
  static constexpr unsigned shards = 4;

  journal_fixture() {
    how.path = "journal";
    how.segment_bytes = 64 << 10;
    how.prepare_ahead = false;
    // Long enough that only what a test asks for is synced; closing syncs the rest.
    how.lazy_sync = std::chrono::hours(1);
  }
  ~journal_fixture() override { log.reset(); }

  result<std::unique_ptr<bus>> try_open() {
    return open_journal(how, disk, clock, shards, follower);
  }

  void open() {
    log.reset();
    failures.clear();
    auto opened = try_open();
    ASSERT_TRUE(opened) << opened.error().detail;
    log = std::move(*opened);
    for (unsigned shard = 0; shard < shards; ++shard)
      log->on_durable(shard, [this] { changed_.notify_all(); });
    log->on_failure([this](const error& why) {
      std::lock_guard lock(mutex_);
      failures.push_back(why);
      changed_.notify_all();
    });
  }
  void reopen() { open(); }
  /// Loses power while the journal is open, and drops the journal.
  void cut_power(const test::fake_file_system::cut& left = {}) {
    disk.power_cut(left);
    log.reset();
    failures.clear();
  }

  static std::string text(std::uint64_t n, std::size_t data_bytes = 0) {
    return fmt::format(R"({{"id":"m-{}","type":"t","data":"{}"}})", n,
                       std::string(data_bytes, 'x'));
  }
  /// The record's views live as long as the test.
  message_record message(std::string_view envelope, std::string_view plan = {},
                         tenant_id tenant = default_tenant) {
    std::lock_guard lock(mutex_);
    envelope = kept_.emplace_back(envelope);
    plan = kept_.emplace_back(plan);
    message_record record;
    record.tenant = tenant;
    record.accepted_at = {1'700'000'000'000'000'000};
    record.generation = generation_id(7);
    record.plan = plan;
    record.envelope = envelope;
    return record;
  }
  static outcome_record outcome(std::uint64_t seq, outcome_kind kind = outcome_kind::done) {
    outcome_record record;
    record.seq = seq_t(seq);
    record.kind = kind;
    record.at = {1'700'000'000'000'000'500};
    record.target = "sink";
    return record;
  }

  /// Appends without waiting.
  status append(std::vector<message_record> messages, std::vector<outcome_record> outcomes = {},
                unsigned shard = 0) {
    auto done = log->append(shard, messages, outcomes);
    if (done && !messages.empty()) last_seq = messages.back().seq;
    return done;
  }
  /// Appends one message and waits until it is durable; its number.
  std::uint64_t write(std::string_view envelope, std::string_view plan = {}) {
    auto done = append({message(envelope, plan)});
    EXPECT_TRUE(done) << done.error().detail;
    if (done) wait_durable(last_seq);
    return last_seq.value;
  }
  /// Writes messages text(first) to text(first + count - 1), each in a batch of its own.
  void write_many(std::uint64_t first, std::uint64_t count, std::size_t data_bytes = 0) {
    for (std::uint64_t n = first; n < first + count; ++n) write(text(n, data_bytes), "plan");
  }
  void wait_durable(seq_t seq) {
    wait([&] { return log->durable() >= seq || !failures.empty(); });
    EXPECT_GE(log->durable(), seq);
  }
  template <class Condition>
  void wait(Condition condition) {
    std::unique_lock lock(mutex_);
    // Woken by the journal; the step only bounds the loss of a wake between check and wait.
    while (!condition()) changed_.wait_for(lock, std::chrono::milliseconds(1));
  }

  collected scan(std::uint64_t from = 1) {
    collected found;
    auto done = log->scan(seq_t(from), found);
    EXPECT_TRUE(done) << done.error().detail;
    return found;
  }
  static std::string segment(std::uint64_t number) {
    return "journal/" + journal::segment_name(number);
  }

  /// Headers of the batches with records that a segment file holds, in order.
  std::vector<journal::batch_header> batches(std::uint64_t number) {
    auto found = all_batches(number);
    std::erase_if(found, [](const auto& each) { return each.records == 0; });
    return found;
  }
  /// Those without records too, which say that the journal was opened, synced or closed.
  std::vector<journal::batch_header> all_batches(std::uint64_t number) {
    std::vector<journal::batch_header> found;
    const auto content = disk.contents(segment(number));
    for (std::size_t at = journal::segment_header_bytes; at < content.size();) {
      auto header = journal::decode_batch_header(byte_span(content).subspan(at));
      if (header) found.push_back(*header);
      at += header ? header->bytes : journal::alignment_bytes;
    }
    return found;
  }
  /// Appends one `buffered` message and waits until it is written; nothing asks for a sync.
  void write_unsynced(std::string_view envelope) {
    const auto before = log->stats().bytes_written;
    auto record = message(envelope, "plan");
    record.flags = buffered;
    ASSERT_TRUE(append({record}));
    wait([&] { return log->stats().bytes_written > before; });
  }
  std::vector<recovery_report::damage> damages() { return log->recovery().quarantined; }

  test::fake_file_system disk;
  system_clock clock;
  options how;
  ledger* follower = nullptr;
  std::unique_ptr<bus> log;
  std::vector<error> failures;
  seq_t last_seq;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> kept_;
};

}  // namespace nip::bus
