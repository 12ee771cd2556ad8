#include "daemon/process.hpp"

#include <fmt/format.h>
#include <malloc.h>
#include <sys/resource.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <future>

namespace nip::daemon {
namespace {

/// How long messages that are on their way may take after SIGTERM.
constexpr auto drain_time = std::chrono::seconds(10);
/// How long the end waits for cursors to be handed over.
constexpr auto cursor_time = std::chrono::seconds(1);

unsigned shard_count(const config::configuration& chosen) {
  if (chosen.shards > 0) return chosen.shards;
  return std::max(1u, std::thread::hardware_concurrency());
}

/// Sockets are descriptors: take as many as the host lets us.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &limit);
}

/// A second Ctrl-C has nothing more to say once everything is drained, and must not turn a clean
/// end into a death by signal.
void block_signals() {
  sigset_t ends;
  ::sigemptyset(&ends);
  ::sigaddset(&ends, SIGINT);
  ::sigaddset(&ends, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &ends, nullptr);
}

}  // namespace

/// What the main thread waits for. A signal that comes before serve() waits for it.
struct process::signals {
  boost::asio::io_context loop{1};
  boost::asio::signal_set ends{loop, SIGINT, SIGTERM};
  boost::asio::signal_set hangups{loop, SIGHUP};
};

process::process(config::configuration chosen)
    : hub_(chosen.observability.log, clock_),
      log_(hub_, "nipd"),
      files_(std::move(chosen)),
      voices_(log_.named("plugin")) {}

process::~process() {
  watch_.reset();
  control_.stop();
  reader_.stop();
  feeder_.stop();
  for (auto& each : shards_) each->stop();
  if (events_) events_->close();
}

result<start_report> process::start() {
  const auto began = clock_.mono();
  start_report report;
  raise_descriptor_limit();
  NIP_CHECK(open_stores());
  NIP_CHECK(open_house());
  NIP_CHECK(house_->recover());
  report.resumed = house_->resumed();
  // From here on there may be something to drain. Before, a signal ends the process as it stands.
  signals_ = std::make_unique<signals>();
  NIP_CHECK(open_gateways(report));
  describe(report);
  watch_plugins();
  for (auto& each : shards_) each->start();
  house_->set_ready(true);
  report.took = clock_.mono() - began;
  // Reading files left freed memory behind that serving may never need.
  ::malloc_trim(0);
  if (const auto sync = bus::measure_sync(disk_, report.journal_path)) report.fsync = *sync;
  return report;
}

void process::describe(start_report& report) const {
  report.journal_path = chosen().bus.path;
  report.ack = chosen().broker.ack;
  report.generation = house_->in_force();
  report.recovery = events_->recovery();
  report.warnings = chosen().warnings;
  for (const auto& each : house_->warnings()) report.warnings.push_back(each);
  for (const auto& each : house_->plugin_problems())
    report.warnings.push_back(each.file.string() + ": " + each.reason);
}

/// The control thread opens what it will change while the journal is read: each waits for the disk,
/// none for the other.
status process::open_stores() {
  auto opening = std::make_shared<std::packaged_task<status()>>([this] { return open_control(); });
  control_.post([opening] { (*opening)(); });
  const auto& broker = chosen().broker;
  known_ = std::make_unique<broker::ledger>(
      broker::ledger::bounds{broker.idempotency_window, broker.idempotency_keys_max,
                             broker.dead_letters_max},
      broker.envelope);
  auto events = bus::open_journal(chosen().bus, disk_, clock_, shard_count(chosen()), known_.get());
  NIP_CHECK(opening->get_future().get());
  if (!events) return std::unexpected(std::move(events).error());
  events_ = *std::move(events);
  events_->on_failure([this](const error& why) {
    // What is on the disk is no longer known. Going on would acknowledge what may be lost, so the
    // process ends, and the next start reads what is really there.
    log_.error("the journal failed, nothing more is acknowledged and nipd ends: {}", why.detail);
    hub_.flush();
    std::_Exit(3);
  });
  events_->on_damage([this](const bus::recovery_report::damage& each) {
    log_.error(
        "journal file {} is damaged at byte {}, {} bytes: {}; the rest is served. See what is "
        "lost with \"nip journal verify\", and restore a backup if it is needed",
        each.file, each.offset, each.bytes, each.reason);
  });
  return {};
}

status process::open_control() {
  NIP_TRY(kept, state::open_sqlite(chosen().state.path));
  kept_ = std::move(kept);
  NIP_TRY(catalogue, plugin::open_catalogue(chosen().plugin_orchestrator));
  catalogue_ = std::move(catalogue);
  return {};
}

status process::open_house() {
  plugins_ = plugin::make_runtime(chosen().plugin_orchestrator, voices_.taps());
  std::vector<broker::shard_surroundings> loops;
  for (unsigned i = 0; i < shard_count(chosen()); ++i) {
    shards_.push_back(std::make_unique<shard_thread>(i, clock_));
    loops.push_back(shards_.back()->surroundings());
  }
  house_ = std::make_unique<broker::house>(
      chosen().broker,
      broker::house_parts{*events_, *known_, *catalogue_, *plugins_, *kept_, files_, clock_,
                          control_, reader_, feeder_, log_.named("broker")});
  house_->add_collector([this](observability::exposition& out) { collect(out); });
  return house_->open(loops);
}

status process::open_gateways(start_report& report) {
  const auto& bounds = chosen().gateway.bounds;
  census_ = std::make_unique<gateway::connection_census>(bounds.connections_max,
                                                         bounds.connections_per_address_max);
  std::vector<gateway::bound_address> bound;
  for (auto& each : shards_) {
    auto& broker = house_->at(each->number());
    NIP_TRY(made, gateway::shard_gateway::make(
                      chosen().gateway,
                      {each->loop(), broker, *house_, each->number(), clock_, each->timers(),
                       *census_, each->surroundings().random.next(), log_.named("gateway")}));
    each->attach(broker, std::move(made));
    NIP_TRY(addresses, each->gateway().open(bound));
    if (bound.empty()) bound = addresses;
  }
  for (const auto& each : bound) report.addresses.push_back("http://" + each.text());
  return {};
}

void process::watch_plugins() {
  const auto& options = chosen().plugin_orchestrator;
  if (!options.watch) return;
  auto watch = plugin::watch_folders(options.directories, control_,
                                     [this] { house_->on_folders_changed(); });
  if (watch)
    watch_ = std::move(*watch);
  else
    log_.warning("plugin folders are not watched, so a new file needs a restart: {}",
                 watch.error().detail);
}

void process::collect(observability::exposition& out) const {
  std::vector<const gateway::counters*> counts;
  for (const auto& each : shards_) counts.push_back(&each->gateway().counts());
  gateway::collect(out, counts);
  voices_.collect(out);
}

int process::serve() {
  signals_->ends.async_wait([&](boost::system::error_code, int) { signals_->loop.stop(); });
  std::function<void(boost::system::error_code, int)> reload =
      [&](boost::system::error_code cancelled, int) {
        if (cancelled) return;
        control_.post([this] { house_->reload(); });
        signals_->hangups.async_wait(reload);
      };
  signals_->hangups.async_wait(reload);
  signals_->loop.run();
  return drain();
}

int process::drain() {
  house_->set_ready(false);
  fmt::print("draining: no new messages; what is on its way has {} s\n", drain_time.count());
  std::fflush(stdout);
  const auto deadline = clock_.mono() + drain_time;
  auto saved = std::make_shared<std::promise<void>>();
  house_->save_cursors([saved] { saved->set_value(); });
  // A cursor that is not written means events that are given again.
  saved->get_future().wait_for(cursor_time);
  std::vector<std::future<std::size_t>> ends;
  for (auto& each : shards_) {
    auto promise = std::make_shared<std::promise<std::size_t>>();
    ends.push_back(promise->get_future());
    each->drain(deadline, [promise](std::size_t left) { promise->set_value(left); });
  }
  std::size_t left = 0;
  for (auto& each : ends) {
    // A plugin that never returns must not keep the process alive.
    if (each.wait_for(drain_time + std::chrono::seconds(5)) == std::future_status::ready)
      left += each.get();
    else
      log_.warning("a shard did not drain in time; its messages are in the journal");
  }
  watch_.reset();
  control_.stop();
  reader_.stop();
  feeder_.stop();
  for (auto& each : shards_) each->stop();
  events_->close();
  block_signals();
  if (left == 0)
    fmt::print("drained: everything accepted is done or in the dead letters\n");
  else
    fmt::print(
        "drained: {} message{} still open; those above level memory are in the journal and go on "
        "at "
        "the next start\n",
        left, left == 1 ? " is" : "s are");
  std::fflush(stdout);
  return 0;
}

}  // namespace nip::daemon
