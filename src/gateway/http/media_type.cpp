#include "gateway/http/media_type.hpp"

#include "gateway/text.hpp"

namespace nip::gateway::http {
namespace {

/// A weight of exactly zero: "q=0", "q=0.0", …
bool is_refused(std::string_view parameters) {
  while (!parameters.empty()) {
    std::string_view value = trim(take_until(parameters, ';'));
    if (!equals_ignoring_case(trim(take_until(value, '=')), "q")) continue;
    value = trim(value);
    return !value.empty() && value.find_first_not_of("0.") == std::string_view::npos;
  }
  return false;
}

bool covers(std::string_view range, std::string_view type) {
  if (range == "*/*" || range == "*") return true;
  if (range.ends_with("/*"))
    return equals_ignoring_case(range.substr(0, range.size() - 1),
                                type.substr(0, type.find('/') + 1));
  return equals_ignoring_case(range, type);
}

}  // namespace

std::string_view essence(std::string_view content_type) {
  return trim(content_type.substr(0, content_type.find(';')));
}

bool is_acceptable(std::string_view accept, std::string_view offered) {
  offered = essence(offered);
  if (trim(accept).empty()) return true;
  bool acceptable = false;
  while (!accept.empty()) {
    std::string_view item = take_until(accept, ',');
    const std::string_view range = trim(take_until(item, ';'));
    if (!covers(range, offered)) continue;
    if (!is_refused(item)) acceptable = true;
    // An exact type decides, whatever the wildcards say.
    if (equals_ignoring_case(range, offered)) return !is_refused(item);
  }
  return acceptable;
}

bool names_type(std::string_view accept, std::string_view type) {
  while (!accept.empty()) {
    std::string_view item = take_until(accept, ',');
    if (equals_ignoring_case(trim(take_until(item, ';')), type)) return !is_refused(item);
  }
  return false;
}

}  // namespace nip::gateway::http
