// Who a message came from, as far as acceptance cares.
#pragma once

#include <string>

#include "base/ids.hpp"

namespace nip::message {

/// An identity. Sessions share it read-only; it lives as long as the session that it was given to.
struct principal {
  std::string name = "anonymous";
  std::string tenant_name = "default";
  tenant_id tenant = default_tenant;
  bool administrator = true;  ///< on loopback without authentication everybody is
};

}  // namespace nip::message
