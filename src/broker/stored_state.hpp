// What the journal knows of a message, in the same JSON form in which a shard describes its own.
#pragma once

#include <nlohmann/json.hpp>

#include "bus/bus.hpp"

namespace nip::broker {

/// State, deliveries and reply of a stored message; with every attempt when `explained`.
nlohmann::json describe_stored(const bus::bus::found& what, bool explained);

}  // namespace nip::broker
