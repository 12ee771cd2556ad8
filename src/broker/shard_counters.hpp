// What one shard counts: in, out, refused by reason, and how long the stages take.
#pragma once

#include <array>

#include "base/result.hpp"
#include "observability/histogram.hpp"
#include "observability/metrics.hpp"

namespace nip::broker {

/// Written by the shard's thread, read by any.
struct shard_counters {
  observability::counter received;                 ///< submissions
  std::array<observability::counter, 4> accepted;  ///< by acknowledgement level
  std::array<observability::counter, 32> refused;  ///< by errc
  observability::counter duplicates;
  observability::counter unmatched;
  observability::counter replies;
  observability::counter emitted;  ///< messages from plugins
  observability::counter emissions_refused;
  observability::counter outcomes_lost;  ///< outcomes that the journal did not take
  observability::counter notes_lost;     ///< cursors and audit entries that it did not take
  observability::counter delivered;      ///< deliveries done
  observability::counter retried;
  observability::counter dead;
  observability::counter expired;
  observability::counter dropped;     ///< expired deliveries of rules that say drop
  observability::counter scheduled;   ///< messages that wait for their time
  observability::counter parked;      ///< deliveries that went to wait on disk
  observability::counter unreadable;  ///< messages that should go on and could not be read back
  observability::counter events;      ///< messages given to subscribers
  observability::counter missed;      ///< events that did not fit a subscription's buffer

  observability::histogram parse;
  observability::histogram route;
  observability::histogram make_durable;
  observability::histogram deliver;
  observability::histogram accept;  ///< received to acknowledged
  observability::histogram whole;   ///< received to every delivery ended

  void refuse(errc why) { refused[static_cast<unsigned>(why)].add(1); }
};

}  // namespace nip::broker
