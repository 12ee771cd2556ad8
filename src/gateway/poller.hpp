// Readiness of many sockets behind one descriptor: an epoll set that the shard's loop waits for.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>

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
  /// Fails with errc::io, errc::storage_full when the kernel has no room.
  status add(int descriptor, std::uint64_t token, interest wanted);
  void change(int descriptor, std::uint64_t token, interest wanted);
  /// Before the descriptor is closed.
  void remove(int descriptor);

 private:
  void arm();
  void harvest();

  boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type> set_;
  std::function<void()> before_;
  on_ready ready_;
  alignas(std::max_align_t) std::array<std::byte, 512> wait_memory_;  ///< of the one pending wait
  bool wait_memory_taken_ = false;

  template <class T>
  friend class wait_allocator;
};

}  // namespace nip::gateway
