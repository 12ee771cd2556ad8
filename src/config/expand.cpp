#include "config/expand.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "cel/utf8.hpp"

namespace nip::config {
namespace {

bool is_variable_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !name.empty() && !(name[0] >= '0' && name[0] <= '9') && std::ranges::all_of(name, fits);
}

/// `inside` is what stands between the braces.
result<std::string> value_of(std::string_view inside, const environment& variables) {
  const std::size_t mark = inside.find_first_of(":-");
  const std::string_view name = inside.substr(0, mark);
  const std::string_view rest = mark == std::string_view::npos ? "" : inside.substr(mark);
  const bool has_default = rest.starts_with(":-") || rest.starts_with('-');
  if (!is_variable_name(name) || (!rest.empty() && !has_default))
    return fail(errc::invalid_argument,
                fmt::format("\"${{{}}}\" is not ${{NAME}} or ${{NAME:-default}};"
                            " write $${{ for a literal ${{",
                            inside));
  auto value = variables(name);
  const bool empty_counts = rest.starts_with('-');
  if (value && (!value->empty() || empty_counts || !has_default)) {
    if (!cel::is_utf8(*value))
      return fail(errc::invalid_argument, fmt::format("variable {} is not UTF-8", name));
    return *std::move(value);
  }
  if (has_default) return std::string(rest.substr(rest.starts_with(":-") ? 2 : 1));
  return fail(
      errc::invalid_argument,
      fmt::format("variable {0} is not set; set it or give a default: ${{{0}:-value}}", name));
}

}  // namespace

environment process_environment() {
  return [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
}

result<std::string> expand(std::string_view text, const environment& variables) {
  std::string out;
  while (true) {
    const std::size_t mark = text.find("${");
    out += text.substr(0, mark);
    if (mark == std::string_view::npos) return out;
    text.remove_prefix(mark + 2);
    if (out.ends_with('$')) {  // $${ escapes
      out += '{';
      continue;
    }
    const std::size_t end = text.find('}');
    if (end == std::string_view::npos)
      return fail(errc::invalid_argument, "\"${\" without \"}\"; write $${ for a literal ${");
    NIP_TRY(value, value_of(text.substr(0, end), variables));
    out += value;
    text.remove_prefix(end + 1);
  }
}

}  // namespace nip::config
