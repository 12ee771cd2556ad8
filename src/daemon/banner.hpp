// What nipd says when it is up: all that an operator wants to know at a glance.
#pragma once

#include <string>

#include "daemon/process.hpp"

namespace nip::daemon {

/// Lines for standard output, the last one ending in a newline. One line reads `listening on
/// ADDRESS`.
std::string banner(const start_report& report);

}  // namespace nip::daemon
