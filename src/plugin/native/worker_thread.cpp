#include "plugin/native/worker_thread.hpp"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>

namespace nip::plugin::native {

namespace {

constexpr std::size_t thread_name_bytes_max = 15;  // the kernel's bound

}  // namespace

worker_threads::~worker_threads() {
  const std::lock_guard lock(mutex_);
  {
    std::unique_lock wait(ends_->mutex);
    ends_->came.wait_for(wait, threads_join_max,
                         [this] { return ends_->finished.size() >= threads_.size(); });
  }
  reap_locked();
  for (std::thread& stuck : threads_) stuck.detach();
}

status worker_threads::start(std::shared_ptr<runner> what, const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (reap_locked() >= threads_max_)
    return fail(errc::exhausted,
                fmt::format("plugin \"{}\": all {} pool threads are in use (pool_threads_max)",
                            name, threads_max_));
  threads_.emplace_back([what = std::move(what), report = ends_, name]() mutable {
    ::pthread_setname_np(::pthread_self(), name.substr(0, thread_name_bytes_max).c_str());
    do what->wait();
    while (what->turn());
    what.reset();
    const std::lock_guard ended(report->mutex);
    report->finished.push_back(std::this_thread::get_id());
    report->came.notify_all();
  });
  return {};
}

std::size_t worker_threads::reap() {
  const std::lock_guard lock(mutex_);
  return reap_locked();
}

std::size_t worker_threads::reap_locked() {
  std::vector<std::thread::id> finished;
  {
    const std::lock_guard lock(ends_->mutex);
    finished.swap(ends_->finished);
  }
  std::erase_if(threads_, [&](std::thread& one) {
    if (std::find(finished.begin(), finished.end(), one.get_id()) == finished.end()) return false;
    one.join();
    return true;
  });
  return threads_.size();
}

}  // namespace nip::plugin::native
