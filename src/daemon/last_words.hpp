// What nipd says when there is no memory left to go on with.
#pragma once

namespace nip::daemon {

/// Exit code of a process that ran out of memory where nothing could be refused any more.
constexpr int exit_out_of_memory = 4;

/// From here on an allocation that fails, and that nobody turns into a refusal, ends the process
/// with a line on standard error and exit_out_of_memory. Any other exception that nobody catches is
/// a bug and aborts as before. Called once, by main, before threads are made.
void install_last_words();

}  // namespace nip::daemon
