// RFC 7240: what a request prefers: how safe before the answer, and how long to wait for a reply.
#pragma once

#include <optional>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "gateway/http/request.hpp"
#include "message/levels.hpp"

namespace nip::gateway::http {

struct preferences {
  std::optional<message::ack_level> level;
  std::optional<nanoseconds> wait;
};

/// Reads every Prefer field; preferences that are not known here are ignored, as the RFC wants.
/// Waits are cut to `wait_max`. Fails with errc::invalid_argument for an `ack` or `wait` that means
/// nothing.
result<preferences> read_preferences(const request& from, nanoseconds wait_max);

}  // namespace nip::gateway::http
