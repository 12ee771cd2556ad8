// The journal on a real disk: appends with and without waiting for the sync, opening, scanning.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <malloc.h>
#include <stdlib.h>

#include <condition_variable>
#include <filesystem>
#include <mutex>

#include "bus/journal/journal.hpp"

namespace {

using namespace nip;

/// A journal in a temporary directory, gone afterwards.
class bench_journal {
 public:
  bench_journal() {
    std::string name = (std::filesystem::current_path() / "journal-bench-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    how_.path = name;
    open();
  }
  ~bench_journal() {
    log_.reset();
    std::filesystem::remove_all(how_.path);
  }

  void open() {
    log_.reset();
    auto opened = bus::open_journal(how_, files_, clock_, 1);
    if (!opened) throw std::runtime_error(opened.error().detail);
    log_ = std::move(*opened);
    log_->on_durable(0, [this] {
      std::lock_guard lock(mutex_);
      durable_.notify_one();
    });
  }
  void close() { log_.reset(); }
  /// Makes the tables of all full segments.
  void keep_house() {
    how_.prepare_ahead = false;
    open();
  }
  void append(std::span<bus::message_record> messages) {
    // Too much waits to be written: the disk is slower than this loop.
    while (!log_->append(0, messages, {})) wait(seq_t(log_->durable().value + 1));
  }
  void wait(seq_t seq) {
    std::unique_lock lock(mutex_);
    durable_.wait(lock, [&] { return log_->durable() >= seq; });
  }
  bus::bus& log() { return *log_; }

 private:
  posix_file_system files_;
  system_clock clock_;
  bus::options how_;
  std::unique_ptr<bus::bus> log_;
  std::mutex mutex_;
  std::condition_variable durable_;
};

std::vector<bus::message_record> some_messages(std::size_t count) {
  static const std::string envelope =
      fmt::format(R"({{"id":"0190c0de-0000-7000-8000-000000000000","type":"t","data":"{}"}})",
                  std::string(256 - 70, 'x'));
  static const std::string plan(120, 'p');
  bus::message_record message;
  message.envelope = envelope;
  message.plan = plan;
  message.plan_key = 1;
  return std::vector<bus::message_record>(count, message);
}

/// One turn of a shard that waits for its acknowledgements: latency at 1, group commit above.
void append_and_wait(benchmark::State& state) {
  bench_journal journal;
  auto messages = some_messages(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    journal.append(messages);
    journal.wait(messages.back().seq);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(append_and_wait)->Arg(1)->Arg(64)->Arg(256)->Arg(4096)->UseRealTime();

/// What an append costs the shard; the writer syncs behind it as fast as it can.
void append_only(benchmark::State& state) {
  bench_journal journal;
  auto messages = some_messages(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) journal.append(messages);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(append_only)->Arg(1)->Arg(64)->Arg(512);

void fill(bench_journal& journal, std::uint64_t count) {
  auto messages = some_messages(512);
  for (std::uint64_t done = 0; done < count; done += messages.size()) journal.append(messages);
  journal.wait(messages.back().seq);
}

/// Opening after a clean end, with every checksum checked; bytes a second of journal.
void open_existing(benchmark::State& state) {
  bench_journal journal;
  fill(journal, static_cast<std::uint64_t>(state.range(0)));
  for (auto _ : state) journal.open();
  state.SetBytesProcessed(state.iterations() *
                          static_cast<std::int64_t>(journal.log().recovery().bytes));
}
BENCHMARK(open_existing)->Arg(0)->Arg(500'000)->Unit(benchmark::kMillisecond)->UseRealTime();

struct counter final : bus::visitor {
  std::int64_t messages = 0;
  bool on_message(const bus::message_record&) override {
    ++messages;
    return true;
  }
  bool on_outcome(const bus::outcome_record&) override { return true; }
};

void scan_all(benchmark::State& state) {
  bench_journal journal;
  fill(journal, 500'000);
  counter seen;
  for (auto _ : state)
    if (!journal.log().scan(seq_t(1), seen)) state.SkipWithError("scan failed");
  state.SetItemsProcessed(seen.messages);
}
BENCHMARK(scan_all)->Unit(benchmark::kMillisecond);

/// What an open journal holds in memory for what is on its disk: the difference between two sizes
/// is what a sealed segment costs, the rest is the newest segment's index and buffers.
void index_memory(benchmark::State& state) {
  bench_journal journal;
  fill(journal, static_cast<std::uint64_t>(state.range(0)));
  journal.keep_house();
  for (auto _ : state) {
    journal.close();
    const auto before = ::mallinfo2();
    journal.open();
    const auto after = ::mallinfo2();
    state.counters["held"] = static_cast<double>(after.uordblks + after.hblkhd) -
                             static_cast<double>(before.uordblks + before.hblkhd);
  }
  state.counters["journal"] = static_cast<double>(journal.log().recovery().bytes);
  state.counters["segments"] = static_cast<double>(journal.log().recovery().segments);
}
BENCHMARK(index_memory)->Arg(500'000)->Arg(4'000'000)->Iterations(1);

void find_newest(benchmark::State& state) {
  bench_journal journal;
  fill(journal, 100'000);
  auto last = some_messages(1);
  last[0].envelope = R"({"id":"needle"})";
  journal.append(last);
  journal.wait(last[0].seq);
  for (auto _ : state)
    if (!*journal.log().find(default_tenant, "needle")) state.SkipWithError("not found");
}
BENCHMARK(find_newest)->Unit(benchmark::kMicrosecond);

/// A new journal: until the first message is durable.
void first_durable(benchmark::State& state) {
  auto messages = some_messages(1);
  for (auto _ : state) {
    bench_journal journal;
    journal.append(messages);
    journal.wait(messages[0].seq);
  }
}
BENCHMARK(first_durable)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
