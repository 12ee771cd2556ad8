#include "gateway/batch/array_scanner.hpp"

namespace nip::gateway::batch {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// Bytes at which the hot loops stop.
consteval std::array<bool, 256> table_of(std::string_view bytes) {
  std::array<bool, 256> table{};
  for (const char c : bytes) table[static_cast<unsigned char>(c)] = true;
  return table;
}
constexpr auto stops_nested = table_of("\"{}[]");
constexpr auto stops_string = table_of("\"\\");
constexpr auto stops_scalar = table_of(" \t\n\r,]");

std::size_t find_stop(std::string_view text, std::size_t at, const std::array<bool, 256>& table) {
  while (at < text.size() && !table[static_cast<unsigned char>(text[at])]) ++at;
  return at;
}

std::size_t behind_spaces(std::string_view text, std::size_t at) {
  while (at < text.size() && is_space(text[at])) ++at;
  return at;
}

}  // namespace

array_scanner::found array_scanner::scan(std::string_view text) {
  std::size_t at = 0;
  for (;;) {
    switch (state_) {
      case state::in_scalar:
      case state::in_nested:
      case state::in_string:
      case state::in_escape:
        return scan_element(text, at);
      case state::too_deep:
      case state::unpaired:
        return {event::fault, at};
      default:
        break;
    }
    at = behind_spaces(text, at);
    if (at == text.size()) return {event::hungry, at};
    const char c = text[at];
    switch (state_) {
      case state::before_array:
        if (c != '[') return {event::fault, at};
        state_ = state::before_first;
        break;
      case state::before_first:
      case state::before_next:
        if (c != ']' || state_ == state::before_next) return element_at(c, at);
        state_ = state::behind_array;
        return {event::over, at + 1};
      case state::behind_element:
        if (c == ']') {
          state_ = state::behind_array;
          return {event::over, at + 1};
        }
        if (c != ',') return {event::fault, at};
        state_ = state::before_next;
        break;
      default:
        return {event::fault, at};  // behind_array
    }
    ++at;
  }
}

array_scanner::found array_scanner::element_at(char c, std::size_t at) {
  if (c == ',' || c == ']' || c == '}' || c == ':') return {event::fault, at};
  // A string is scanned as one inside of brackets, of which there are none.
  state_ = c == '{' || c == '[' || c == '"' ? state::in_nested : state::in_scalar;
  depth_ = 0;
  return {event::begin, at};
}

array_scanner::found array_scanner::scan_element(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    switch (state_) {
      case state::in_scalar:
        at = find_stop(text, at, stops_scalar);
        if (at == text.size()) return {event::hungry, at};
        state_ = state::behind_element;
        return {event::end, at};
      case state::in_escape:
        state_ = state::in_string;
        ++at;
        break;
      case state::in_string:
        at = find_stop(text, at, stops_string);
        if (at == text.size()) return {event::hungry, at};
        state_ = text[at] == '\\' ? state::in_escape : state::in_nested;
        ++at;
        break;
      default:
        at = find_stop(text, at, stops_nested);
        if (at == text.size()) return {event::hungry, at};
        if (text[at] == '"') {
          state_ = state::in_string;
          ++at;
          continue;
        }
        if (!nest(text[at])) return {event::fault, at};
        ++at;
        break;
    }
    if (state_ == state::in_nested && depth_ == 0) {
      state_ = state::behind_element;
      return {event::end, at};
    }
  }
  return {event::hungry, at};
}

/// False, and a state of fault, for a bracket that cannot stand there.
bool array_scanner::nest(char c) {
  const auto bit_of = [](std::size_t level) { return std::uint64_t{1} << (level % 64); };
  if (c == '{' || c == '[') {
    if (depth_ == depth_max) {
      state_ = state::too_deep;
      return false;
    }
    std::uint64_t& word = is_object_[depth_ / 64];
    word = c == '{' ? word | bit_of(depth_) : word & ~bit_of(depth_);
    ++depth_;
    return true;
  }
  const std::size_t level = depth_ - 1;
  if (((is_object_[level / 64] & bit_of(level)) != 0) != (c == '}')) {
    state_ = state::unpaired;
    return false;
  }
  depth_ = level;
  return true;
}

std::string_view array_scanner::why() const {
  switch (state_) {
    case state::before_array:
      return "expected a JSON array";
    case state::before_first:
      return "expected an element or ]";
    case state::before_next:
      return "expected an element";
    case state::behind_element:
      return "expected a comma or ]";
    case state::behind_array:
      return "expected nothing behind the array";
    case state::too_deep:
      return "the element has more than 1024 brackets inside of each other";
    case state::unpaired:
      return "a bracket does not pair with the one that it closes";
    default:
      return "the element does not end";
  }
}

}  // namespace nip::gateway::batch
