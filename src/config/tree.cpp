#include "config/tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

namespace nip::config {
namespace {

using nlohmann::json;

template <class Number>
std::optional<Number> whole(std::string_view text, int base = 10) {
  Number value{};
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_decimal(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// Integers of the core schema: [-+]?[0-9]+, 0o[0-7]+, 0x[0-9a-fA-F]+.
std::optional<json> integer(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0o")) {
    const auto value = whole<std::uint64_t>(text.substr(2), text[1] == 'x' ? 16 : 8);
    return value ? std::optional<json>(*value) : std::nullopt;
  }
  const std::string_view digits =
      text.starts_with('-') || text.starts_with('+') ? text.substr(1) : text;
  if (!is_decimal(digits)) return std::nullopt;
  const std::string_view number = text.starts_with('+') ? digits : text;
  if (const auto value = whole<std::int64_t>(number)) return json(*value);
  if (const auto value = whole<std::uint64_t>(number)) return json(*value);
  return std::nullopt;
}

/// Floats of the core schema that are finite: [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE]
/// [-+]? [0-9]+ )?
std::optional<json> real(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const std::size_t digit = text.find_first_of("0123456789");
  if (digit == std::string_view::npos || digit > 2) return std::nullopt;
  if (text.find_first_not_of("0123456789.eE+-") != std::string_view::npos) return std::nullopt;
  double value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return std::isfinite(value) ? std::optional<json>(value) : std::nullopt;
}

json plain_scalar(const std::string& text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL")
    return nullptr;
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  if (auto value = integer(text)) return *value;
  if (auto value = real(text)) return *value;
  return text;
}

template <class Node>
auto find_in(Node& map, std::string_view key) -> decltype(&map.members.front().value) {
  const auto found = std::ranges::find(map.members, key, &member::key);
  return found == map.members.end() ? nullptr : &found->value;
}

}  // namespace

std::string place::text() const {
  const std::string_view name = in ? std::string_view(in->name) : "(no file)";
  return line == 0 ? std::string(name) : fmt::format("{}:{}:{}", name, line, column);
}

std::string_view to_string(node_kind kind) {
  switch (kind) {
    case node_kind::null:
      return "nothing";
    case node_kind::scalar:
      return "a value";
    case node_kind::list:
      return "a list";
    case node_kind::map:
      return "a map";
  }
  return "nothing";
}

const node* node::find(std::string_view key) const { return find_in(*this, key); }

node* node::find(std::string_view key) { return find_in(*this, key); }

json to_json(const node& value) {
  switch (value.kind) {
    case node_kind::null:
      return nullptr;
    case node_kind::scalar:
      return value.quoted ? json(value.text) : plain_scalar(value.text);
    case node_kind::list: {
      json list = json::array();
      for (const node& item : value.items) list.push_back(to_json(item));
      return list;
    }
    case node_kind::map: {
      json map = json::object();
      for (const member& each : value.members) map.emplace(each.key, to_json(each.value));
      return map;
    }
  }
  return nullptr;
}

json to_typed_json(const node& value) {
  if (value.kind == node_kind::scalar && value.expanded) return plain_scalar(value.text);
  return to_json(value);
}

}  // namespace nip::config
