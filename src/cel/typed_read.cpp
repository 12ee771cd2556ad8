// Values out of JSON that names their types, or out of plain JSON.
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "base/base64.hpp"
#include "cel/aggregate.hpp"
#include "cel/network.hpp"
#include "cel/time.hpp"
#include "cel/typed_json.hpp"
#include "cel/utf8.hpp"

namespace nip::cel {

namespace {

namespace dom = simdjson::dom;

std::unexpected<error> refuse(std::string_view form, std::string_view wanted, dom::element got) {
  constexpr std::size_t shown_max = 80;
  std::string shown = simdjson::minify(got);
  if (shown.size() > shown_max) {
    shown.resize(byte_offset(shown, shown_max).value_or(shown_max));
    shown += "…";
  }
  return fail(errc::invalid_argument, fmt::format("{} takes {}, not {}", form, wanted, shown));
}

// Whole numbers are text in this form, so that 64 bits pass any reader; a JSON number will do.
template <class Number>
std::optional<Number> read_whole(dom::element from) {
  std::string_view text;
  if (from.get_string().get(text) == simdjson::SUCCESS) {
    Number number = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool all = failed == std::errc() && end == text.data() + text.size();
    return all ? std::optional(number) : std::nullopt;
  }
  Number number = 0;
  return from.get<Number>().get(number) == simdjson::SUCCESS ? std::optional(number) : std::nullopt;
}

std::optional<double> read_real(dom::element from) {
  double number = 0;
  if (from.get_double().get(number) == simdjson::SUCCESS) return number;
  std::string_view text;
  if (from.get_string().get(text) != simdjson::SUCCESS) return std::nullopt;
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "Infinity") return HUGE_VAL;
  if (text == "-Infinity") return -HUGE_VAL;
  return std::nullopt;
}

class reader {
 public:
  explicit reader(arena& memory) : memory_(memory) {}

  result<value> read(dom::element from) {
    const auto only = only_member(from);
    if (!only) return from_json(from);
    if (++depth_ > typed_nesting_max) {
      return fail(errc::too_large,
                  fmt::format("the value nests deeper than {} levels", typed_nesting_max));
    }
    auto made = read_form(from, only->first, only->second);
    --depth_;
    return made;
  }

 private:
  using form = result<value> (reader::*)(dom::element);
  static form form_of(std::string_view name);

  static std::optional<std::pair<std::string_view, dom::element>> only_member(dom::element from) {
    dom::object object;
    if (from.get_object().get(object) != simdjson::SUCCESS || object.size() != 1) {
      return std::nullopt;
    }
    const auto field = *object.begin();
    return std::pair(field.key, field.value);
  }

  result<value> read_form(dom::element whole, std::string_view name, dom::element held) {
    if (const form reads = form_of(name)) return (this->*reads)(held);
    if (name == "optionalValue") {
      return fail(
          errc::invalid_argument,
          "an optional value cannot be given: give what it holds, and write optional.of(x)");
    }
    const auto inner = only_member(held);
    if (name == "value" && inner && form_of(inner->first) != nullptr) return read(held);
    return from_json(whole);
  }

  result<value> read_null(dom::element) { return value(); }
  result<value> read_bool(dom::element held) {
    bool truth = false;
    if (held.get_bool().get(truth) != simdjson::SUCCESS) {
      return refuse("boolValue", "true or false", held);
    }
    return value::boolean(truth);
  }
  result<value> read_int(dom::element held) {
    const auto number = read_whole<std::int64_t>(held);
    if (!number) return refuse("int64Value", "a whole number of 64 bits as text", held);
    return value::integer(*number);
  }
  result<value> read_uint(dom::element held) {
    const auto number = read_whole<std::uint64_t>(held);
    if (!number) return refuse("uint64Value", "a whole number from 0, of 64 bits, as text", held);
    return value::uinteger(*number);
  }
  result<value> read_double(dom::element held) {
    const auto number = read_real(held);
    if (!number) return refuse("doubleValue", "a number, NaN, Infinity or -Infinity", held);
    return value::real(*number);
  }
  result<value> read_string(dom::element held) {
    std::string_view text;
    if (held.get_string().get(text) != simdjson::SUCCESS) {
      return refuse("stringValue", "a string", held);
    }
    return value::string(text);
  }
  result<value> read_bytes(dom::element held) {
    std::string_view text;
    std::optional<std::string> octets;
    if (held.get_string().get(text) == simdjson::SUCCESS) octets = decode_base64(text);
    if (!octets) return refuse("bytesValue", "base64 with padding", held);
    const std::string_view kept = memory_.copy(*octets);
    return kept.size() == octets->size() ? result<value>(value::bytes(kept)) : full();
  }
  result<value> read_type(dom::element held) {
    std::string_view name;
    if (held.get_string().get(name) != simdjson::SUCCESS) {
      return refuse("typeValue", "the name of a type", held);
    }
    return value::type(name);
  }
  result<value> read_list(dom::element held);
  result<value> read_map(dom::element held);
  result<value> read_object(dom::element held);

  static std::unexpected<error> full() {
    return fail(errc::too_large, fmt::format("the value needs more than {} bytes of memory",
                                             arena_bytes_max_default));
  }

  arena& memory_;
  std::uint32_t depth_ = 0;
};

reader::form reader::form_of(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, form>, 11> forms = {
      {{"nullValue", &reader::read_null},
       {"boolValue", &reader::read_bool},
       {"int64Value", &reader::read_int},
       {"uint64Value", &reader::read_uint},
       {"doubleValue", &reader::read_double},
       {"stringValue", &reader::read_string},
       {"bytesValue", &reader::read_bytes},
       {"typeValue", &reader::read_type},
       {"listValue", &reader::read_list},
       {"mapValue", &reader::read_map},
       {"objectValue", &reader::read_object}}};
  for (const auto& [known, reads] : forms) {
    if (known == name) return reads;
  }
  return nullptr;
}

result<value> reader::read_list(dom::element held) {
  dom::array items;
  const auto found = held.at_key("values").get_array().get(items);
  // An empty list leaves its items away.
  if (found == simdjson::NO_SUCH_FIELD) return value::list(nullptr, 0);
  if (found != simdjson::SUCCESS) return refuse("listValue", "{\"values\":[…]}", held);
  value* to = memory_.array<value>(items.size());
  if (to == nullptr) return full();
  value* end = to;
  for (const dom::element item : items) {
    NIP_TRY(made, read(item));
    *end++ = made;
  }
  return value::list(to, static_cast<std::uint32_t>(end - to));
}

result<value> reader::read_map(dom::element held) {
  dom::array entries;
  const auto found = held.at_key("entries").get_array().get(entries);
  if (found == simdjson::NO_SUCH_FIELD) return value::map(nullptr, 0, nullptr);
  if (found != simdjson::SUCCESS) return refuse("mapValue", "{\"entries\":[…]}", held);
  map_entry* to = memory_.array<map_entry>(entries.size());
  if (to == nullptr) return full();
  map_entry* end = to;
  for (const dom::element entry : entries) {
    dom::element key;
    dom::element inside;
    if (entry.at_key("key").get(key) != simdjson::SUCCESS ||
        entry.at_key("value").get(inside) != simdjson::SUCCESS) {
      return refuse("an entry of mapValue", "{\"key\":…,\"value\":…}", entry);
    }
    NIP_TRY(read_key, read(key));
    NIP_TRY(read_held, read(inside));
    *end++ = {read_key, read_held};
  }
  const value made = make_map({to, end}, memory_);
  if (made.is_error()) return fail(errc::invalid_argument, "mapValue: " + error_text(made));
  return made;
}

// Timestamps, durations, addresses and their ranges; there are no other messages.
result<value> reader::read_object(dom::element held) {
  std::string_view type;
  std::string_view text;
  if (held.at_key("@type").get_string().get(type) != simdjson::SUCCESS ||
      held.at_key("value").get_string().get(text) != simdjson::SUCCESS) {
    return refuse("objectValue", "{\"@type\":…,\"value\":\"…\"}", held);
  }
  if (type.ends_with("google.protobuf.Timestamp")) {
    const auto at = parse_instant(text);
    if (!at) return refuse("a Timestamp", "RFC 3339 text", held);
    return value::timestamp(*at);
  }
  if (type.ends_with("google.protobuf.Duration")) {
    const auto nanos = parse_nanos(text);
    if (!nanos) return refuse("a Duration", "text like \"1.5s\"", held);
    return value::duration(*nanos);
  }
  if (type == "net.IP") {
    const auto address = parse_address(text);
    if (!address) return refuse("net.IP", "an address", held);
    return value::ip(*address);
  }
  if (type == "net.CIDR") {
    const auto range = parse_range(text);
    if (!range) return refuse("net.CIDR", "a range of addresses like \"10.0.0.0/8\"", held);
    return value::cidr(*range);
  }
  return refuse("objectValue", "a Timestamp or Duration of google.protobuf, net.IP or net.CIDR",
                held);
}

}  // namespace

result<value> read_typed_json(dom::element element, arena& memory) {
  return reader(memory).read(element);
}

}  // namespace nip::cel
