#include "daemon/shard_thread.hpp"

#include <pthread.h>

#include <boost/asio/post.hpp>

namespace nip::daemon {

shard_thread::shard_thread(unsigned number, clock_source& clock)
    : number_(number),
      clock_(clock),
      random_(xoshiro::from_entropy()),
      guard_(loop_.get_executor()),
      timers_(clock.mono()),
      alarm_(loop_),
      health_([this] { each_second(); }) {}

shard_thread::~shard_thread() { stop(); }

void shard_thread::post(std::function<void()> work) { boost::asio::post(loop_, std::move(work)); }

void shard_thread::attach(broker::shard& broker, std::unique_ptr<gateway::shard_gateway> gateway) {
  broker_ = &broker;
  gateway_ = std::move(gateway);
  broker.attach(*gateway_);
}

void shard_thread::start() {
  timers_.schedule(health_, clock_.mono() + std::chrono::seconds(1));
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), ("nip-shard-" + std::to_string(number_)).c_str());
}

void shard_thread::run() {
  broker_->settle_on_thread();
  while (!stopping_) {
    loop_.run_one();
    // A turn takes what is ready now, but not without end: answers must leave in time.
    constexpr int handlers_max = 256;
    for (int i = 0; i < handlers_max && loop_.poll_one() > 0; ++i) {
    }
    turn();
  }
}

void shard_thread::turn() {
  timers_.advance(clock_.mono());
  broker_->end_turn();
  gateway_->end_turn();
  wake_for_timers();
}

void shard_thread::wake_for_timers() {
  const auto due = timers_.next_due();
  if (due >= alarm_due_) return;
  alarm_due_ = due;
  alarm_.expires_at(std::chrono::steady_clock::time_point(nanoseconds(due.ns)));
  alarm_.async_wait([this](boost::system::error_code cancelled) {
    if (!cancelled) alarm_due_ = mono_time::never();
  });
}

void shard_thread::each_second() {
  broker_->look_around();
  timers_.schedule(health_, clock_.mono() + std::chrono::seconds(1));
}

void shard_thread::drain(mono_time deadline, std::function<void(std::size_t left)> drained) {
  post([this, deadline, drained = std::move(drained)]() mutable {
    gateway_->stop_accepting();
    // Sessions go last, so that they hear the answers of what was on its way.
    broker_->drain(deadline, [this, drained = std::move(drained)](std::size_t left) mutable {
      const auto soon = clock_.mono() + std::chrono::seconds(2);
      gateway_->drain(soon, [left, drained = std::move(drained)] { drained(left); });
      post([] {});
    });
  });
}

void shard_thread::stop() {
  if (!thread_.joinable()) return;
  post([this] { stopping_ = true; });
  thread_.join();
}

}  // namespace nip::daemon
