// The table of all keys of nip.yaml.
#pragma once

#include <vector>

#include "config/configuration.hpp"
#include "config/key.hpp"

namespace nip::config {

/// Every key outside `rules:` and `plugins:`, in the order in which people read them.
std::vector<key<configuration>> configuration_keys();
/// Every key of an entry under `plugins:`.
std::vector<key<plugin::settings>> plugin_keys();

// Parts of the first, one function a section.
void add_gateway_keys(std::vector<key<configuration>>& keys);
void add_router_keys(std::vector<key<configuration>>& keys);
void add_service_keys(std::vector<key<configuration>>& keys);

}  // namespace nip::config
