// Runs an engine away from the shards that use it: their work waits here in one queue.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "plugin/native/engine.hpp"

namespace nip::plugin::native {

/// Between the shards (any number of inboxes) and one worker, which is a thread of its own (pool)
/// or another shard's loop (inline and single). Made shared: the worker and every port keep it
/// alive. The worker ends the plugin when the last port has been detached; nothing is run after
/// that.
class runner : public std::enable_shared_from_this<runner> {
 public:
  runner(std::unique_ptr<engine> it, const clock_source& clock);
  ~runner();

  /// [before the first port] `wake` is called, from any thread and under a lock, when there is work
  /// for turn() and none was announced since the last one. Without it the worker waits by wait().
  void set_wake(std::function<void()> wake) { wake_ = std::move(wake); }

  /// [port's shard] Adds a port. False when the plugin has ended: make another runner.
  bool attach(const std::shared_ptr<inbox>& port);
  /// [port's shard] Queues work. What does not fit, or comes too late, is reported as transient.
  void submit(inbox* from, std::span<const work> batch);
  void cancel(inbox* from, std::uint64_t token);
  void published(std::uint64_t token, const status& outcome);
  /// [port's shard] Takes the port off: what it has queued or open is reported as transient, then
  /// `stopped` is called on its loop.
  void detach(inbox* port, std::function<void()> stopped);
  /// [any thread] As of the worker's last look, at most report_age_max old while the worker is not
  /// stuck.
  health_report health();
  usage_report usage();

  /// [worker] Does what waits, at most one batch. False when the plugin has ended.
  bool turn();
  /// [worker thread] Sleeps until wake() is due.
  void wait();

  std::size_t in_flight_max() const noexcept { return in_flight_max_; }

 private:
  struct job {
    inbox* from;
    work what;
  };
  struct departure {
    inbox* port;
    std::function<void()> stopped;
  };
  struct notice {
    std::uint64_t token;
    status outcome;
  };

  void signal_locked();
  void want_report_locked();
  void take_batch_locked();
  void run_batch();
  void report_outcomes(std::span<const engine::outcome> outcomes);
  void serve_notices();
  void serve_report();
  bool serve_departures();
  void drop_queued(const inbox* port);

  std::unique_ptr<engine> engine_;  // the worker's; cancel() and counters from any thread
  const clock_source& clock_;
  std::size_t in_flight_max_;

  // The worker's.
  std::vector<work> batch_;
  std::vector<inbox*> batch_to_;
  std::vector<completion> grouped_;

  std::mutex mutex_;  // guards what follows
  std::function<void()> wake_;
  std::condition_variable due_;
  bool signalled_ = false;
  bool ended_ = false;
  bool report_wanted_ = false;
  std::size_t ports_ = 0;
  std::deque<job> queue_;  // at most in_flight_max a port
  std::deque<departure> departures_;
  std::deque<notice> notices_;
  health_report health_;
  std::uint64_t memory_bytes_ = 0;
  mono_time reported_at_{INT64_MIN / 2};
  mono_time busy_since_ = mono_time::never();
};

}  // namespace nip::plugin::native
