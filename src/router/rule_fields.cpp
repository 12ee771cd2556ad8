#include "router/rule_fields.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/nearest.hpp"

namespace nip::router {

status field_reader::finish() const {
  if (first_) return std::unexpected(*first_);
  return {};
}

status field_reader::wrong_type(const char* key, std::string_view expected,
                                const nlohmann::json& got) const {
  return fail(errc::invalid_argument, fmt::format("{}: key \"{}\": expected {}, got {}", place_,
                                                  key, expected, got.type_name()));
}

void field_reader::only(std::span<const char* const> known) {
  for (const auto& [key, value] : object_.items()) {
    const bool fits = std::ranges::any_of(known, [&](const char* each) { return key == each; });
    if (fits) continue;
    const std::vector<std::string_view> words(known.begin(), known.end());
    const auto near = nearest(key, words);
    refuse(!near.empty()
               ? fmt::format("unknown key \"{}\"; did you mean \"{}\"?", key, near)
               : fmt::format("unknown key \"{}\"; known keys: {}", key, fmt::join(known, ", ")));
  }
}

const nlohmann::json* field_reader::find(const char* key) const {
  const auto found = object_.find(key);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

void field_reader::refuse(std::string detail) {
  if (!first_) first_ = error{errc::invalid_argument, place_ + ": " + detail, {}};
}

void field_reader::text(const char* key, std::string& out) {
  const auto* found = find(key);
  if (!found) return;
  if (!found->is_string())
    return refuse(fmt::format("key \"{}\": expected a string, got {}", key, found->type_name()));
  out = found->get<std::string>();
}

void field_reader::flag(const char* key, bool& out) {
  const auto* found = find(key);
  if (!found) return;
  if (!found->is_boolean())
    return refuse(fmt::format("key \"{}\": expected true or false, got {}", key, found->dump()));
  out = found->get<bool>();
}

void field_reader::duration(const char* key, std::optional<nanoseconds>& out) {
  nanoseconds value{};
  const bool there = find(key) != nullptr;
  duration(key, value);
  if (there) out = value;
}

void field_reader::duration(const char* key, nanoseconds& out) {
  const auto* found = find(key);
  if (!found) return;
  if (!found->is_string())
    return refuse(fmt::format("key \"{}\": expected a duration such as \"5s\" or \"100ms\", got {}",
                              key, found->dump()));
  const auto parsed = parse_duration(found->get_ref<const std::string&>());
  if (!parsed) return refuse(fmt::format("key \"{}\": {}", key, parsed.error().detail));
  if (parsed->count() <= 0)
    return refuse(fmt::format("key \"{}\": expected more than zero, got {}", key, found->dump()));
  out = *parsed;
}

void field_reader::level(const char* key, std::optional<message::ack_level>& out) {
  if (const auto found = position(key, {"memory", "buffered", "fsync", "replicated"}))
    out = static_cast<message::ack_level>(*found);
}

bool field_reader::integer(const char* key, std::int64_t& out, std::int64_t low,
                           std::int64_t high) {
  const auto* found = find(key);
  if (!found) return false;
  const bool beyond = found->is_number_unsigned() && found->get<std::uint64_t>() > INT64_MAX;
  if (!found->is_number_integer() || beyond || found->get<std::int64_t>() < low ||
      found->get<std::int64_t>() > high) {
    refuse(fmt::format("key \"{}\": expected a whole number from {} to {}, got {}", key, low, high,
                       found->dump()));
    return false;
  }
  out = found->get<std::int64_t>();
  return true;
}

std::optional<std::size_t> field_reader::position(const char* key,
                                                  std::initializer_list<const char*> names) {
  const auto* found = find(key);
  if (!found) return std::nullopt;
  if (found->is_string()) {
    const auto& text = found->get_ref<const std::string&>();
    const auto at = std::ranges::find_if(names, [&](const char* name) { return text == name; });
    if (at != names.end()) return static_cast<std::size_t>(at - names.begin());
  }
  refuse(fmt::format("key \"{}\": expected one of {}, got {}", key, fmt::join(names, ", "),
                     found->dump()));
  return std::nullopt;
}

}  // namespace nip::router
