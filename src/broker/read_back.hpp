// Messages of the journal, read again to be worked on.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "bus/bus.hpp"
#include "router/plan.hpp"

namespace nip::broker {

/// A stored message with what it takes to go on with it.
struct stored_work {
  seq_t seq;
  tenant_seq_t tenant_seq;
  tenant_id tenant = default_tenant;
  wall_time accepted_at;
  bool wants_reply = false;
  router::plan_ptr plan;
  std::string envelope;
};

/// Those of the `wanted` messages (by rising seq) that the journal has and whose plan it can read,
/// in that order. Reads the disk: never on a shard. Fails with errc::io.
result<std::vector<stored_work>> read_back(const bus::bus& from, std::span<const seq_t> wanted);

}  // namespace nip::broker
