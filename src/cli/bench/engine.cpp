#include "cli/bench/engine.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <memory>
#include <vector>

#include "base/clock.hpp"
#include "cli/bench/connection.hpp"
#include "cli/bench/schedule.hpp"

namespace nip::cli::bench {
namespace {

constexpr int events_max = 256;
constexpr std::int64_t idle_wait_ns =
    100'000'000;  // the longest that a turn waits in a closed loop

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + t.tv_usec / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

/// The run's state. Lives in run() only.
class engine {
 public:
  explicit engine(const options& chosen)
      : chosen_(chosen), message_(message_bytes(chosen)), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {}
  ~engine() { ::close(epoll_); }
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;

  outcome<findings> run() {
    NIP_CHECK(open_all());
    const std::int64_t start = clock_.mono().ns;
    plan_ = schedule(start, chosen_.rate, chosen_.connections);
    measured_from_ = start + static_cast<std::int64_t>(chosen_.warmup_seconds * 1e9);
    const std::int64_t end = measured_from_ + static_cast<std::int64_t>(chosen_.seconds * 1e9);
    if (!plan_.open_loop()) NIP_CHECK(pump_all(start));
    double cpu_before = cpu_seconds();
    bool warm = false;
    for (std::int64_t now = start; now < end; now = clock_.mono().ns) {
      if (!warm && now >= measured_from_) {
        warm = true;
        cpu_before = cpu_seconds();
      }
      NIP_CHECK(pump_due(now));
      NIP_CHECK(turn(now, end));
    }
    const std::int64_t ended = clock_.mono().ns;
    found_.seconds = static_cast<double>(ended - measured_from_) / 1e9;
    found_.client_cpu = (cpu_seconds() - cpu_before) / found_.seconds;
    if (plan_.open_loop()) count_unfinished(ended);
    return std::move(found_);
  }

 private:
  outcome<void> open_all() {
    for (unsigned i = 0; i < chosen_.connections; ++i) {
      NIP_TRY(made, socket::connect(chosen_.server));
      if (chosen_.kind != traffic::http) NIP_CHECK(made.upgrade(ws_handshake(chosen_)));
      made.stop_blocking();
      connections_.push_back(
          std::make_unique<connection>(std::move(made), make_reader(chosen_.kind), i));
      watch(*connections_.back(), EPOLL_CTL_ADD, false);
    }
    return {};
  }

  void watch(connection& of, int operation, bool writable) {
    epoll_event wish{};
    wish.events = EPOLLIN | (writable ? EPOLLOUT : 0U);
    wish.data.ptr = &of;
    ::epoll_ctl(epoll_, operation, of.fd(), &wish);
  }

  outcome<void> pump_all(std::int64_t now) {
    for (auto& each : connections_) NIP_CHECK(pump(*each, now));
    return {};
  }

  /// Open loop: every connection whose next message is due gets its turn.
  outcome<void> pump_due(std::int64_t now) {
    if (!plan_.open_loop()) return {};
    for (; plan_.time_of(due_) <= now; ++due_)
      NIP_CHECK(pump(*connections_[due_ % connections_.size()], now));
    return {};
  }

  /// Queues what the window and the schedule allow, then sends.
  outcome<void> pump(connection& to, std::int64_t now) {
    const unsigned window = window_of(chosen_);
    while (to.open() < window) {
      const std::int64_t intended = plan_.open_loop() ? plan_.time_of(to.next_slot) : now;
      if (intended > now) break;
      to.queue(message_, intended);
      to.next_slot += chosen_.connections;
    }
    NIP_TRY(all_sent, to.send());
    if (all_sent == to.waits_to_write) {
      to.waits_to_write = !all_sent;
      watch(to, EPOLL_CTL_MOD, to.waits_to_write);
    }
    return {};
  }

  outcome<void> turn(std::int64_t now, std::int64_t end) {
    const std::int64_t next = plan_.open_loop() ? plan_.time_of(due_) : now + idle_wait_ns;
    wait(std::max<std::int64_t>(0, std::min(next, end) - now));
    epoll_event events[events_max];
    const int count = ::epoll_wait(epoll_, events, events_max, 0);
    for (int i = 0; i < count; ++i) {
      auto& of = *static_cast<connection*>(events[i].data.ptr);
      if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) NIP_CHECK(read(of));
      NIP_CHECK(pump(of, clock_.mono().ns));
    }
    return {};
  }

  /// Waits for an event, to the nanosecond: epoll_wait alone knows milliseconds only.
  void wait(std::int64_t ns) const {
    pollfd ready{.fd = epoll_, .events = POLLIN, .revents = 0};
    const timespec time{.tv_sec = ns / 1'000'000'000, .tv_nsec = ns % 1'000'000'000};
    ::ppoll(&ready, 1, &time, nullptr);
  }

  outcome<void> read(connection& of) {
    NIP_CHECK(of.receive());
    const std::int64_t now = clock_.mono().ns;
    return of.answers([&](const answer& what) {
      for (auto ordinal = what.from; ordinal <= what.to; ++ordinal)
        done(of.take(ordinal), what, now);
    });
  }

  void done(std::int64_t intended, const answer& what, std::int64_t now) {
    if (intended < 0 || now < measured_from_) return;
    ++found_.completed;
    found_.latency.add(static_cast<std::uint64_t>(now - intended));
    if (what.accepted) return;
    if (++found_.refused == 1) found_.first_refusal = what.text;
  }

  /// What was due and did not come back is at least as slow as it is old: leaving it out would
  /// flatter.
  void count_unfinished(std::int64_t ended) {
    const auto age = [&](std::int64_t intended) {
      ++found_.unfinished;
      found_.latency.add(static_cast<std::uint64_t>(ended - intended));
    };
    for (const auto& each : connections_) {
      each->for_each_open(age);
      for (auto slot = each->next_slot; plan_.time_of(slot) <= ended; slot += chosen_.connections)
        age(plan_.time_of(slot));
    }
  }

  const options& chosen_;
  const std::string message_;
  const int epoll_;
  system_clock clock_;
  schedule plan_;
  std::int64_t measured_from_ = 0;
  std::uint64_t due_ = 0;  ///< open loop: number of the next message of the schedule
  std::vector<std::unique_ptr<connection>> connections_;
  findings found_;
};

}  // namespace

outcome<findings> run(const options& chosen) {
  if (chosen.server.tls)
    return stop(exit_code::usage,
                fmt::format("{}: bench speaks plain HTTP and WebSocket only", chosen.server.url()));
  return engine(chosen).run();
}

}  // namespace nip::cli::bench
