// What a connection is besides its session: the socket, what is asked of the kernel, its one timer.
#pragma once

#include <cstdint>
#include <string>

#include "base/timer_wheel.hpp"
#include "gateway/listener.hpp"
#include "gateway/shard_gateway.hpp"

namespace nip::gateway {

struct shard_gateway::link {
  link(descriptor taken, std::string peer_address, std::function<void()> on_deadline)
      : socket(std::move(taken)), peer(std::move(peer_address)), deadline(std::move(on_deadline)) {}

  descriptor socket;
  std::string peer;
  timer deadline;
  poller::interest asked{.in = true, .out = false};
  bool lingers = false;        ///< half-closed: input is thrown away until the peer ends too
  std::uint32_t lingered = 0;  ///< bytes thrown away so far
};

/// Tokens of the poller: a slot's number, or a listener's behind this bit.
inline constexpr std::uint64_t listener_token = std::uint64_t{1} << 32;
constexpr std::uint64_t token_of_listener(std::size_t index) { return listener_token | index; }

}  // namespace nip::gateway
