// Readiness of many sockets behind one descriptor: an epoll set that the shard's loop waits for.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "base/result.hpp"

namespace nip::gateway {

/// One a shard, on its thread. Level-triggered, so what is not read is reported again. An idle
/// socket costs no user memory here, and a ready one no system call of its own: asio's own sockets
/// would take a descriptor state each and one epoll_ctl for every wait.
class poller {
 public:
  /// What is asked for and what is reported; error and hang-up are always reported, as both.
  struct interest {
    bool in = false;
    bool out = false;
    bool operator==(const interest&) const = default;
  };
  /// Called for each ready descriptor. `broken`: the peer reset the connection.
  using on_ready = std::function<void(std::uint64_t token, interest ready, bool broken)>;

  static constexpr std::size_t events_max = 256;  ///< taken at once; the rest comes the next turn

  poller(boost::asio::io_context& loop, std::function<void()> before, on_ready ready);
  ~poller();
  poller(const poller&) = delete;
  poller& operator=(const poller&) = delete;

  /// Begins to watch; before anything is added. Fails with errc::io.
  status open();
  /// Ends the watch; the loop then has no work from here.
  void close();
  /// Waits for readiness again, after a report. Called at the end of a turn, so that a turn takes
  /// one report: what is ready all the time cannot keep the loop from its end.
  void rearm();
  /// Fails with errc::io, errc::storage_full when the kernel has no room.
  status add(int descriptor, std::uint64_t token, interest wanted);
  void change(int descriptor, std::uint64_t token, interest wanted);
  /// Before the descriptor is closed.
  void remove(int descriptor);

 private:
  struct pending_wait;
  template <class T>
  class wait_allocator;

  void harvest();

  boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type> set_;
  std::function<void()> before_;
  on_ready ready_;
  std::shared_ptr<pending_wait> wait_;
  /// While open: between a report and rearm() the loop must not think that it has run out of work.
  std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> work_;
};

}  // namespace nip::gateway
