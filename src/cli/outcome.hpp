// How a command of `nip` ends: an exit code that scripts can rely on, and a sentence when it
// failed.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <utility>

#include "base/result.hpp"

namespace nip::cli {

/// Exit codes; they are documented in docs/reference/cli.md and do not change.
enum class exit_code : std::uint8_t {
  ok = 0,
  failed = 1,       ///< the server refused, or the thing asked about is not well
  usage = 2,        ///< the command line makes no sense
  unreachable = 3,  ///< no answer from the server
};

/// Why a command ended early. `text` is for people: what, on which object, what to do next.
struct failure {
  exit_code code = exit_code::failed;
  std::string text;

  failure(exit_code why, std::string what) : code(why), text(std::move(what)) {}
  /// A failure of a lower room is one of ours: same words, plain "failed".
  failure(error from) : text(std::move(from.detail)) {}  // NOLINT(google-explicit-constructor)
};

template <class T>
using outcome = std::expected<T, failure>;

/// `return stop(exit_code::usage, "…");`
inline std::unexpected<failure> stop(exit_code code, std::string text) {
  return std::unexpected<failure>(failure(code, std::move(text)));
}

}  // namespace nip::cli
