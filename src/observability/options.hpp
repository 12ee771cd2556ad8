// Options of observability (`services.observability`).
#pragma once

#include "base/log.hpp"

namespace nip::observability {

struct options {
  log_options log;
  bool metrics = true;  ///< serve /metrics
};

}  // namespace nip::observability
