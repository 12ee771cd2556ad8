#include "cel/value.hpp"

#include <fmt/format.h>

namespace nip::cel {

std::string_view type_name(const value& v) {
  switch (v.kind()) {
    case value_kind::null:
      return "null_type";
    case value_kind::boolean:
      return "bool";
    case value_kind::integer:
      return "int";
    case value_kind::uinteger:
      return "uint";
    case value_kind::real:
      return "double";
    case value_kind::string:
      return "string";
    case value_kind::bytes:
      return "bytes";
    case value_kind::list:
      return "list";
    case value_kind::map:
      return "map";
    case value_kind::timestamp:
      return "google.protobuf.Timestamp";
    case value_kind::duration:
      return "google.protobuf.Duration";
    case value_kind::type:
      return "type";
    case value_kind::optional:
      return "optional_type";
    case value_kind::ip:
      return "net.IP";
    case value_kind::cidr:
      return "net.CIDR";
    case value_kind::error:
      return "error";
  }
  return "error";
}

std::string_view to_string(eval_errc code) noexcept {
  switch (code) {
    case eval_errc::none:
      return "no error";
    case eval_errc::no_such_overload:
      return "no such overload";
    case eval_errc::no_such_key:
      return "no such key";
    case eval_errc::no_such_field:
      return "no such field";
    case eval_errc::index_out_of_range:
      return "index out of range";
    case eval_errc::overflow:
      return "overflow: the result is out of range";
    case eval_errc::divide_by_zero:
      return "divide by zero";
    case eval_errc::modulus_by_zero:
      return "modulus by zero";
    case eval_errc::invalid_argument:
      return "invalid argument";
    case eval_errc::invalid_key:
      return "unsupported or repeated key in a map";
    case eval_errc::unbound:
      return "unknown name";
    case eval_errc::cost_exceeded:
      return "cost limit exceeded";
    case eval_errc::memory_exceeded:
      return "memory limit exceeded";
  }
  return "unknown error";
}

std::string error_text(const value& failure) {
  const std::string_view detail = failure.error_detail();
  if (detail.empty()) return std::string(to_string(failure.error_code()));
  return fmt::format("{}: {}", to_string(failure.error_code()), detail);
}

}  // namespace nip::cel
