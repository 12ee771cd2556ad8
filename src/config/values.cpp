#include "config/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/nearest.hpp"

namespace nip::config {
namespace {

using nlohmann::json;

// Values in messages are cut here.
constexpr std::size_t shown_max = 40;

std::string shown(const node& value) {
  if (value.kind != node_kind::scalar) return std::string(to_string(value.kind));
  const json as_json = to_typed_json(value);
  const std::string text =
      value.text.size() <= shown_max ? value.text : value.text.substr(0, shown_max) + "…";
  if (as_json.is_string()) return fmt::format("the text \"{}\"", text);
  if (as_json.is_null()) return "nothing";
  return fmt::format("{} {}", as_json.is_boolean() ? "the boolean" : "the number", text);
}

json described(json schema, std::string_view text) {
  schema["description"] = text;
  return schema;
}

std::string range(std::uint64_t low, std::uint64_t high) {
  return fmt::format("a whole number from {} to {}", low, high);
}

}  // namespace

std::unexpected<error> fail_expected(std::string_view expected, const node& got) {
  return fail(errc::invalid_argument, fmt::format("expected {}, got {}", expected, shown(got)));
}

json flag_codec::schema() const { return {{"type", "boolean"}}; }

status flag_codec::read(const node& from, bool& out) const {
  const json value = to_typed_json(from);
  if (!value.is_boolean()) return fail_expected("true or false", from);
  out = value.get<bool>();
  return {};
}

json text_codec::schema() const { return {{"type", "string"}, {"maxLength", bytes_max}}; }

status text_codec::read(const node& from, std::string& out) const {
  // A plain 8080 or true is meant as text where text is wanted.
  if (from.kind != node_kind::scalar) return fail_expected("text", from);
  if (from.text.size() > bytes_max)
    return fail(errc::invalid_argument,
                fmt::format("expected at most {} bytes, got {}", bytes_max, from.text.size()));
  out = from.text;
  return {};
}

json path_codec::schema() const { return {{"type", "string"}, {"minLength", 1}}; }

status path_codec::read(const node& from, std::filesystem::path& out) const {
  if (from.kind != node_kind::scalar || from.text.empty()) return fail_expected("a path", from);
  out = from.text;
  return {};
}

json text_list_codec::schema() const {
  return {{"type", {"array", "string"}}, {"items", {{"type", "string"}}}, {"maxItems", items_max}};
}

status text_list_codec::read(const node& from, std::vector<std::string>& out) const {
  std::vector<std::string> read;
  if (from.kind == node_kind::scalar) {
    read.push_back(from.text);
  } else if (from.kind == node_kind::list) {
    if (from.items.size() > items_max)
      return fail(errc::invalid_argument,
                  fmt::format("expected at most {} items, got {}", items_max, from.items.size()));
    for (const node& item : from.items) {
      if (item.kind != node_kind::scalar) return fail_expected("a list of words", item);
      read.push_back(item.text);
    }
  } else {
    return fail_expected("a list of words", from);
  }
  out = std::move(read);
  return {};
}

json address_codec::schema() const {
  return described(text_list_codec::schema(), "host:port, :port or [v6]:port; one or a list");
}

status address_codec::read(const node& from, std::vector<std::string>& out) const {
  std::vector<std::string> read;
  NIP_CHECK(text_list_codec::read(from, read));
  if (read.empty()) return fail_expected("at least one address", from);
  for (const std::string& address : read) {
    const std::size_t colon = address.rfind(':');
    const std::string_view port = colon == std::string::npos
                                      ? std::string_view()
                                      : std::string_view(address).substr(colon + 1);
    std::uint16_t number = 0;
    const auto [end, failed] = std::from_chars(port.data(), port.data() + port.size(), number);
    const std::string_view host =
        std::string_view(address).substr(0, std::min(colon, address.size()));
    const bool bare_v6 = host.find(':') != std::string_view::npos && !host.starts_with('[');
    if (failed != std::errc() || end != port.data() + port.size() || bare_v6 ||
        host.starts_with('[') != host.ends_with(']'))
      return fail(errc::invalid_argument,
                  fmt::format("expected host:port, :port or [v6]:port with a port from 0 to 65535,"
                              " got \"{}\"",
                              address));
  }
  out = std::move(read);
  return {};
}

json count_codec::schema() const {
  return {{"type", "integer"}, {"minimum", low}, {"maximum", high}};
}

status count_codec::read(const node& from, std::uint64_t& out) const {
  const json value = to_typed_json(from);
  if (!value.is_number_unsigned() && !(value.is_number_integer() && value.get<std::int64_t>() >= 0))
    return fail_expected(range(low, high), from);
  const auto number = value.get<std::uint64_t>();
  if (number < low || number > high) return fail_expected(range(low, high), from);
  out = number;
  return {};
}

json auto_count_codec::schema() const {
  return {{"oneOf", json::array({count_codec::schema(), {{"const", "auto"}}})}};
}

status auto_count_codec::read(const node& from, std::uint64_t& out) const {
  if (from.kind == node_kind::scalar && from.text == "auto") {
    out = 0;
    return {};
  }
  std::uint64_t number = 0;
  if (!count_codec::read(from, number)) return fail_expected(range(low, high) + ", or auto", from);
  out = number;
  return {};
}

json auto_count_codec::write(std::uint64_t value) const {
  return value == 0 ? json("auto") : json(value);
}

json share_codec::schema() const { return {{"type", "number"}, {"minimum", 0}, {"maximum", 1}}; }

status share_codec::read(const node& from, double& out) const {
  const json value = to_typed_json(from);
  if (!value.is_number() || value.get<double>() < 0 || value.get<double>() > 1)
    return fail_expected("a number from 0 to 1", from);
  out = value.get<double>();
  return {};
}

json size_codec::schema() const {
  return {{"type", {"integer", "string"}},
          {"pattern", "^[0-9]+(\\.[0-9]+)?([KMGT]i?)?B?$"},
          {"description", "bytes, with a unit: 64Mi (of 1024), 10M (of 1000)"}};
}

status size_codec::read(const node& from, std::uint64_t& out) const {
  constexpr std::string_view wanted = "a size such as 256Mi, 10M or 4096";
  if (from.kind != node_kind::scalar) return fail_expected(wanted, from);
  const auto bytes = parse_size(from.text);
  if (!bytes) return fail_expected(wanted, from);
  if (*bytes < low || *bytes > high)
    return fail_expected(fmt::format("a size from {} to {}", format_size(low), format_size(high)),
                         from);
  out = *bytes;
  return {};
}

json size_codec::write(std::uint64_t value) const {
  return value % 1024 == 0 && value != 0 ? json(format_size(value)) : json(value);
}

json duration_codec::schema() const {
  return {{"type", {"string", "integer"}},
          {"pattern", "^(0|([0-9]+(\\.[0-9]+)?(ns|us|ms|s|m|h|d))+)$"},
          {"description", "a duration: 250ms, 5s, 1.5h, 2m30s"}};
}

status duration_codec::read(const node& from, nanoseconds& out) const {
  constexpr std::string_view wanted = "a duration such as 250ms, 5s or 1.5h";
  if (from.kind != node_kind::scalar) return fail_expected(wanted, from);
  const auto duration = parse_duration(from.text);
  if (!duration || duration->count() < 0) return fail_expected(wanted, from);
  if (*duration < low)
    return fail_expected(fmt::format("a duration of at least {}", format_duration(low)), from);
  out = *duration;
  return {};
}

json choice_codec::schema() const { return {{"enum", words}}; }

status choice_codec::read(const node& from, std::size_t& out) const {
  const auto found = std::ranges::find(words, std::string_view(from.text));
  if (from.kind == node_kind::scalar && found != words.end()) {
    out = static_cast<std::size_t>(found - words.begin());
    return {};
  }
  auto failed = fail_expected(fmt::format("one of {}", fmt::join(words, ", ")), from);
  if (from.kind == node_kind::scalar) failed.error().detail += did_you_mean(from.text, words);
  return failed;
}

}  // namespace nip::config
