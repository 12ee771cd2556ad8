// One shard: a thread, its loop, its timers, and the broker's and gateway's part of it.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <thread>

#include "base/executor.hpp"
#include "base/random.hpp"
#include "base/timer_wheel.hpp"
#include "broker/shard.hpp"
#include "gateway/shard_gateway.hpp"

namespace nip::daemon {

/// Made on the main thread; run by start(). A turn of its loop: handlers that are ready, timers
/// that are due, the broker's end_turn(), the gateway's.
class shard_thread final : public executor {
 public:
  shard_thread(unsigned number, clock_source& clock);
  ~shard_thread() override;

  void post(std::function<void()> work) override;
  broker::shard_surroundings surroundings() { return {number_, *this, clock_, random_, timers_}; }
  boost::asio::io_context& loop() { return loop_; }
  timer_wheel& timers() { return timers_; }
  unsigned number() const { return number_; }

  /// The parts that its turns drive. Before start().
  void attach(broker::shard& broker, std::unique_ptr<gateway::shard_gateway> gateway);
  gateway::shard_gateway& gateway() { return *gateway_; }
  void start();
  /// Stops accepting, lets sessions and deliveries end until `deadline`; `drained(left)` is called
  /// on the shard with the messages that stay open.
  void drain(mono_time deadline, std::function<void(std::size_t left)> drained);
  /// Ends the loop after the turn that runs, and waits for the thread.
  void stop();

 private:
  void run();
  void turn();
  void wake_for_timers();
  void each_second();

  const unsigned number_;
  clock_source& clock_;
  xoshiro random_;
  boost::asio::io_context loop_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
  timer_wheel timers_;
  boost::asio::steady_timer alarm_;
  mono_time alarm_due_ = mono_time::never();
  timer health_;
  broker::shard* broker_ = nullptr;
  std::unique_ptr<gateway::shard_gateway> gateway_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace nip::daemon
