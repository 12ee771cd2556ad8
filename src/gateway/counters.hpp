// What one shard's gateway counts.
#pragma once

#include <span>

#include "observability/exposition.hpp"
#include "observability/metrics.hpp"

namespace nip::gateway {

/// Written by the shard, read by any thread.
struct counters {
  observability::counter connections_accepted;
  observability::counter connections_refused;  ///< over connections_max or the bound of one address
  observability::gauge connections_open;
  observability::gauge websockets_open;
  observability::counter requests;
  observability::counter messages_in;  ///< handed to the broker, of either protocol
  observability::counter frames_in;
  observability::counter
      frames_slow;  ///< of them by the careful path: control, fragments, odd forms
  observability::counter answers_2xx;
  observability::counter answers_4xx;
  observability::counter answers_5xx;
  observability::counter protocol_errors;  ///< malformed HTTP or WebSocket: refused and closed
  observability::counter inflated;         ///< compressed bodies and WebSocket messages
  observability::counter inflate_refused;  ///< of these: damaged, or over a bound
  observability::counter batch_holds;      ///< times that a batch's window was full
  observability::counter timeouts;         ///< slow heads, bodies and readers that were cut
  observability::counter events_missed;    ///< subscribers that did not read fast enough
  observability::counter replies_held;     ///< too much waited to be sent: kept for a GET
  observability::counter bytes_in;
  observability::counter bytes_out;
  observability::counter receives;
  observability::counter sends;
};

/// Adds the sums over all shards; any thread.
void collect(observability::exposition& out, std::span<const counters* const> shards);

}  // namespace nip::gateway
