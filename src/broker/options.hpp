// What an operator can choose about acceptance and memory of the past.
#pragma once

#include <cstdint>

#include "base/clock.hpp"
#include "delivery/options.hpp"
#include "message/codec.hpp"

namespace nip::broker {

/// What happens to a message that no rule matches (`services.message_router.unrouted`).
enum class unrouted : std::uint8_t { accept, refuse, dead_letter };

struct options {
  message::ack_level ack = message::ack_level::fsync;  ///< when the client asks for none
  unrouted on_unrouted = unrouted::accept;
  message::codec_limits envelope;
  delivery::options delivery;
  /// Keys of the idempotency window: how long and how many.
  nanoseconds idempotency_window = std::chrono::minutes(10);
  std::uint32_t idempotency_keys_max = 1'000'000;
  /// Live subscriptions of one shard, and events that may wait for a subscriber without credit.
  std::uint32_t subscriptions_max = 100'000;
  std::uint32_t subscription_buffer_max = 8192;
  /// Subscriptions that read the journal: events on their way to one member; events of one name
  /// that wait for an acknowledgement, and how long before they are given again (0: for as long as
  /// the connection lives); names, and the bytes of one.
  std::uint32_t feed_window = 256;
  std::uint32_t unacknowledged_max = 10'000;
  nanoseconds acknowledge_within = std::chrono::seconds(30);
  std::uint32_t durable_subscriptions_max = 1000;
  std::uint32_t subscription_name_bytes_max = 256;
  /// Dead letters listed by REST, newest kept; the journal has all of them.
  std::uint32_t dead_letters_max = 100'000;
  /// Redrives of one dead letter, and of what is made from it, before `force` is asked for. 0: no
  /// bound.
  std::uint32_t redrives_max = 5;
  /// Messages that may wait for their time on one shard, at 16 bytes of memory each; past it new
  /// ones are refused (429).
  std::uint32_t scheduled_max = 1'000'000;
  /// Bytes of finished messages that a shard remembers for `explain` and GET by id.
  std::uint64_t remembered_bytes_max = std::uint64_t{8} << 20;
  /// One message in this many has its stages timed; 1 times all, 0 none.
  std::uint32_t timing_sample = 64;
};

}  // namespace nip::broker
