// `nipd --check`: everything that a start would refuse, without starting.
#pragma once

#include "config/configuration.hpp"

namespace nip::daemon {

/// Compiles the rules and resolves the plugins; prints what is wrong to stderr, what is there to
/// stdout. 0 when a start would go through, else 1.
int check(config::configuration chosen);

}  // namespace nip::daemon
