// What a plugin call costs: the hop through the dlopen'd echo and back, inline and through a pool.
#include <benchmark/benchmark.h>

#include <condition_variable>
#include <deque>
#include <mutex>

#include "message/codec.hpp"
#include "plugin/catalogue.hpp"
#include "plugin/native/library.hpp"

namespace {

using namespace nip;

/// Counts completions.
class counting_host final : public plugin::host {
 public:
  void complete(plugin::instance&, const plugin::completion& result) override {
    ++completed;
    reply_bytes += result.reply.size();
  }
  void publish(plugin::instance&, const plugin::emission&) override {}
  std::uint64_t completed = 0;
  std::uint64_t reply_bytes = 0;
};

/// A loop on the benchmark's thread.
class bench_loop final : public executor {
 public:
  void post(std::function<void()> work) override {
    const std::lock_guard lock(mutex_);
    work_.push_back(std::move(work));
    came_.notify_one();
  }
  void run_one() {
    std::unique_lock lock(mutex_);
    came_.wait(lock, [this] { return !work_.empty(); });
    const auto next = std::move(work_.front());
    work_.pop_front();
    lock.unlock();
    next();
  }

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::deque<std::function<void()>> work_;
};

/// An echo on one shard, and a batch of 256-byte messages for it.
struct fixture {
  explicit fixture(plugin::execution runs, std::size_t size) {
    bool mapped = false;
    auto code = plugin::library::load(NIP_BENCH_ECHO, mapped);
    if (!code) throw std::runtime_error(code.error().detail);
    plugin::spec what;
    what.code = *code;
    what.about = what.code->plugins().front();
    what.set.name = "echo";
    what.set.runs = runs;
    auto made =
        runtime->create(std::make_shared<const plugin::spec>(what), {0, loop, owner, clock});
    if (!made) throw std::runtime_error(made.error().detail);
    echo = *std::move(made);
    for (std::size_t i = 0; i < size; ++i) batch.push_back(make_work(i));
  }
  plugin::work make_work(std::uint64_t token) {
    std::string text =
        R"({"id":"m","type":"order.created","timestamp":"2026-01-02T03:04:05Z","data":")";
    text += std::string(256 - text.size() - 2, 'x') + "\"}";
    const std::size_t size = text.size();
    text.append(message::message::padding, ' ');
    const auto parsed = codec.parse(std::string_view(text).substr(0, size));
    plugin::work one;
    one.token = token;
    one.message = message::make_message(pool, *parsed, message::acceptance{});
    one.rule = "bench";
    one.wants_reply = true;
    return one;
  }

  buffer_pool pool;
  message::codec codec;
  system_clock clock;
  bench_loop loop;
  counting_host owner;
  std::unique_ptr<plugin::runtime> runtime = plugin::make_runtime({});
  std::unique_ptr<plugin::instance> echo;
  std::vector<plugin::work> batch;
};

void inline_echo(benchmark::State& state) {
  fixture it(plugin::execution::inline_, static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) it.echo->handle(it.batch);
  state.SetItemsProcessed(static_cast<std::int64_t>(it.owner.completed));
}
BENCHMARK(inline_echo)->Arg(1)->Arg(16)->Arg(256);

void pool_echo(benchmark::State& state) {
  fixture it(plugin::execution::pool, static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    const std::uint64_t target = it.owner.completed + it.batch.size();
    it.echo->handle(it.batch);
    while (it.owner.completed < target) it.loop.run_one();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(it.owner.completed));
}
BENCHMARK(pool_echo)->Arg(1)->Arg(16)->Arg(256)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
