// A thread that runs posted work in order: for changes, and for reading the journal.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <thread>

#include "base/executor.hpp"

namespace nip::daemon {

/// Starts with the object and ends with it: what was posted before stop() still runs.
class work_thread final : public executor {
 public:
  work_thread() : guard_(loop_.get_executor()), thread_([this] { loop_.run(); }) {}
  ~work_thread() override { stop(); }
  void post(std::function<void()> work) override { boost::asio::post(loop_, std::move(work)); }
  /// Waits for what was posted. Idempotent.
  void stop() {
    guard_.reset();
    if (thread_.joinable()) thread_.join();
  }

 private:
  boost::asio::io_context loop_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
  std::thread thread_;
};

}  // namespace nip::daemon
