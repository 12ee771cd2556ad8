// The threads of pooled plugins: counted, joined when their plugin ends, left behind when it never
// does.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.hpp"
#include "plugin/native/runner.hpp"

namespace nip::plugin::native {

constexpr std::chrono::seconds threads_join_max{
    2};  // at the end: then stuck ones are left to the exit

/// Any thread.
class worker_threads {
 public:
  explicit worker_threads(std::uint32_t threads_max) : threads_max_(threads_max) {}
  /// Waits at most threads_join_max for those that still run.
  ~worker_threads();

  /// A thread that serves `what` until its plugin ends. Fails with errc::exhausted, naming the
  /// bound.
  status start(std::shared_ptr<runner> what, const std::string& name);
  /// Joins those that have ended; how many run.
  std::size_t reap();

 private:
  /// Shared with the threads, so that one which is left behind still finds it.
  struct ends {
    std::mutex mutex;
    std::condition_variable came;
    std::vector<std::thread::id> finished;
  };
  std::size_t reap_locked();

  std::uint32_t threads_max_;
  std::shared_ptr<ends> ends_ = std::make_shared<ends>();
  std::mutex mutex_;  // guards threads_; taken before ends::mutex
  std::vector<std::thread> threads_;
};

}  // namespace nip::plugin::native
