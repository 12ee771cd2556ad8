// What all shards of one process have in common, each part safe for its threads.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "base/executor.hpp"
#include "base/log.hpp"
#include "broker/dead_letters.hpp"
#include "broker/idempotency.hpp"
#include "broker/letter_counters.hpp"
#include "broker/options.hpp"
#include "bus/bus.hpp"
#include "delivery/memory_budget.hpp"
#include "plugin/catalogue.hpp"

namespace nip::broker {

class feeds;
class shard;

/// Owned by the broker; outlives the shards.
struct shared {
  shared(options with, bus::bus& journal, plugin::runtime& plugin_runtime, logger lines = {})
      : chosen(with),
        log(lines),
        events(journal),
        plugins(plugin_runtime),
        memory(with.delivery.memory_bytes_max),
        keys(with.idempotency_window, with.idempotency_keys_max),
        dead(with.dead_letters_max) {}

  static constexpr std::uint64_t all_launched = ~std::uint64_t{0};
  struct peer {
    shard* which = nullptr;
    executor* loop = nullptr;
    /// Live subscriptions there; a message is sent over only when there are some.
    std::atomic<std::uint32_t> subscriptions{0};
    /// Every message that this shard numbered below this one has been launched; see order.cpp.
    std::atomic<std::uint64_t> launched_below{all_launched};
    /// Ordered deliveries wait there for other shards: wake it when launched_below rises.
    std::atomic<bool> waits_for_order{false};
  };

  const options chosen;
  const logger log;
  bus::bus& events;
  plugin::runtime& plugins;
  delivery::memory_budget memory;
  idempotency keys;
  dead_letters dead;
  executor* reader = nullptr;  ///< one thread that reads the journal; fixed before the first turn
  feeds* feeding = nullptr;    ///< subscriptions that read the journal; fixed like `reader`
  letter_counters letter_counts;
  job_counters job_counts;
  std::vector<std::unique_ptr<peer>> peers;  ///< by shard number; fixed before the first turn
};

}  // namespace nip::broker
