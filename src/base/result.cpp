#include "base/result.hpp"

#include <cerrno>
#include <system_error>

namespace nip {

std::string_view to_string(errc code) noexcept {
  switch (code) {
    case errc::invalid_argument:
      return "invalid_argument";
    case errc::parse:
      return "parse";
    case errc::not_found:
      return "not_found";
    case errc::conflict:
      return "conflict";
    case errc::unauthenticated:
      return "unauthenticated";
    case errc::forbidden:
      return "forbidden";
    case errc::too_large:
      return "too_large";
    case errc::exhausted:
      return "exhausted";
    case errc::storage_full:
      return "storage_full";
    case errc::unavailable:
      return "unavailable";
    case errc::timeout:
      return "timeout";
    case errc::cancelled:
      return "cancelled";
    case errc::unroutable:
      return "unroutable";
    case errc::unsupported:
      return "unsupported";
    case errc::io:
      return "io";
    case errc::corrupt:
      return "corrupt";
    case errc::internal:
      return "internal";
  }
  return "internal";
}

std::unexpected<error> fail_errno(int errnum, std::string what, std::source_location where) {
  const errc code = errnum == ENOSPC || errnum == EDQUOT ? errc::storage_full
                    : errnum == ENOENT                   ? errc::not_found
                                                         : errc::io;
  return fail(code, what + ": " + std::generic_category().message(errnum), where);
}

}  // namespace nip
