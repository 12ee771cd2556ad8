#include "daemon/last_words.hpp"

#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <new>
#include <string_view>

namespace nip::daemon {
namespace {

std::terminate_handler before = nullptr;

/// Takes no memory itself.
void say_why_and_end() {
  try {
    if (const auto thrown = std::current_exception()) std::rethrow_exception(thrown);
  } catch (const std::bad_alloc&) {
    constexpr std::string_view words =
        "nipd: out of memory, nothing more is acknowledged and nipd ends; what was acknowledged is "
        "in the journal. Give the process more memory, or lower "
        "services.message_router.resources.memory\n";
    [[maybe_unused]] const auto put = ::write(STDERR_FILENO, words.data(), words.size());
    std::_Exit(exit_out_of_memory);
  } catch (...) {
  }
  if (before) before();
  std::abort();
}

}  // namespace

void install_last_words() { before = std::set_terminate(say_why_and_end); }

}  // namespace nip::daemon
