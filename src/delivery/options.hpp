// Limits and times of delivery.
#pragma once

#include <cstdint>

#include "base/clock.hpp"
#include "delivery/circuit_breaker.hpp"

namespace nip::delivery {

struct options {
  /// Deliveries that may wait or run for one target on one shard in memory, and the bytes of their
  /// messages. Past either, what is journaled waits on disk and the rest is refused (429).
  std::uint32_t queue_messages_max = 65'536;
  std::uint64_t queue_bytes_max = std::uint64_t{16} << 20;
  /// Deliveries that may wait on disk for one target on one shard, at eight bytes of memory each;
  /// past it new messages are refused (429).
  std::uint64_t backlog_max = 4'194'304;
  /// Longest wait for one attempt's answer when neither rule nor message sets a deadline.
  nanoseconds attempt_timeout = std::chrono::seconds(30);
  /// Pause before a plugin that could not be started is tried again.
  nanoseconds start_retry = std::chrono::seconds(1);
  /// Pause before a message tries a plugin that says it is unhealthy. One that says so because of
  /// its failures cannot get well without.
  nanoseconds unhealthy_retry = std::chrono::minutes(1);
  /// When a target that fails is left out of choices.
  breaker_options breaker{};
  /// Bytes of messages that all shards together may hold
  /// (`services.message_router.resources.memory`).
  std::uint64_t memory_bytes_max = std::uint64_t{256} << 20;
  /// Finished messages that a shard remembers for `explain`, newest first.
  std::uint32_t remembered_max = 4096;
  /// Retries may be this share of first attempts, by target, beyond a reserve of `retry_reserve`;
  /// past it a retry waits for the rule's longest backoff.
  double retry_share = 0.1;
  std::uint32_t retry_reserve = 100;
};

/// How many messages may have passed through plugins before one more counts as a loop.
constexpr std::uint16_t hops_max = 16;

}  // namespace nip::delivery
