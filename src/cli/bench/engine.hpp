// Drives the load: one thread, one epoll, sends and reads in bulk so that the client is not the
// limit.
#pragma once

#include "cli/bench/options.hpp"

namespace nip::cli::bench {

/// Opens the connections, runs for warm-up and measured time, gives what it found. Blocks until
/// then. Fails with exit_code::unreachable when the server is away or hangs up, exit_code::failed
/// when it breaks the protocol.
outcome<findings> run(const options& chosen);

}  // namespace nip::cli::bench
