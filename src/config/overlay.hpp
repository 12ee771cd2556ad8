// Lays nip.<environment>.yaml over nip.yaml.
#pragma once

#include "config/tree.hpp"

namespace nip::config {

/// Changes `base` by `over`: maps are merged key by key, everything else is replaced, places
/// included. A key with nothing behind it (`key:`) puts the default back.
void overlay(node& base, node over);

}  // namespace nip::config
