// One connection of the load: bytes queued, bytes read, and what is in flight.
#pragma once

#include <memory>
#include <string>

#include "cli/bench/in_flight.hpp"
#include "cli/bench/socket.hpp"
#include "cli/bench/wire.hpp"

namespace nip::cli::bench {

/// Owned by the engine; its address is what epoll gives back, so it does not move.
class connection {
 public:
  connection(socket over, std::unique_ptr<reader> protocol, std::uint64_t first_slot)
      : next_slot(first_slot), socket_(std::move(over)), reader_(std::move(protocol)) {}

  int fd() const { return socket_.fd(); }
  std::size_t open() const { return sent_.open(); }

  void queue(std::string_view message, std::int64_t intended_ns) {
    output_.append(message);
    sent_.push(intended_ns);
  }
  /// True when everything queued is with the kernel. Fails with exit_code::unreachable.
  outcome<bool> send();
  /// Reads once what is there. Fails with exit_code::unreachable when the peer is gone.
  outcome<void> receive();
  /// Tells the whole answers among what was read; fails as reader::take does.
  outcome<void> answers(const reader::listener& told);
  /// Time that this ordinal was meant to leave, or -1 when it is not open.
  std::int64_t take(std::uint64_t ordinal) { return sent_.take(ordinal); }
  template <class Each>
  void for_each_open(Each each) const {
    sent_.for_each(each);
  }

  std::uint64_t next_slot;      ///< open loop: number of its next message in the schedule
  bool waits_to_write = false;  ///< epoll watches for room

 private:
  socket socket_;
  std::unique_ptr<reader> reader_;
  in_flight sent_;
  std::string output_;
  std::size_t output_done_ = 0;
  std::string input_;
  std::size_t input_size_ = 0;
};

}  // namespace nip::cli::bench
