// The one way an operation fails: result<T> with a code, a sentence for people, and the place.
#pragma once

#include <cstdint>
#include <expected>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>

namespace nip {

/// What kind of failure it is. The gateway maps each to one HTTP status and one problem type.
enum class errc : std::uint8_t {
  invalid_argument,  ///< well formed, but not a value that is allowed
  parse,             ///< not well formed
  not_found,
  conflict,  ///< clashes with what exists
  unauthenticated,
  forbidden,
  too_large,     ///< over a named size limit
  exhausted,     ///< a budget is used up; worth a retry later
  storage_full,  ///< the journal's disk budget is used up
  unavailable,   ///< stopping, or a dependency is away; worth a retry
  timeout,
  cancelled,
  unroutable,   ///< no rule matches and the message must not be kept
  unsupported,  ///< a version, method or type that is not spoken
  io,           ///< the operating system refused
  corrupt,      ///< stored bytes are not what was written
  internal,     ///< a bug of ours
};

/// The stable lower-case name of a code, as it stands in problem types and metric labels.
std::string_view to_string(errc code) noexcept;

/// A failure. `detail` says what, on which object, expected against actual, and what to do.
struct error {
  errc code = errc::internal;
  std::string detail;
  std::source_location where;

  /// True when the same call may succeed later without a change by the caller.
  bool transient() const noexcept {
    return code == errc::exhausted || code == errc::storage_full || code == errc::unavailable ||
           code == errc::timeout;
  }
};

template <class T>
using result = std::expected<T, error>;
using status = result<void>;

/// Builds the failure side of a result: `return fail(errc::not_found, "no rule \"x\"");`
inline std::unexpected<error> fail(errc code, std::string detail,
                                   std::source_location where = std::source_location::current()) {
  return std::unexpected<error>(error{code, std::move(detail), where});
}

/// A failure of a system call: appends the text of `errnum`, and keeps ENOSPC apart from the rest.
std::unexpected<error> fail_errno(int errnum, std::string what,
                                  std::source_location where = std::source_location::current());

}  // namespace nip

/// Evaluates `expression`; on failure returns its error from the enclosing function, else names the
/// value: `NIP_TRY(rule, parse_rule(text));`
#define NIP_TRY(name, expression)                                                   \
  auto name##_or_error = (expression);                                              \
  if (!name##_or_error) return std::unexpected(std::move(name##_or_error).error()); \
  auto& name = *name##_or_error

/// The same for a result without a value: `NIP_CHECK(file.sync());`
#define NIP_CHECK(expression)                              \
  do {                                                     \
    if (auto outcome_ = (expression); !outcome_)           \
      return std::unexpected(std::move(outcome_).error()); \
  } while (false)
