// Types out of the JSON form of the CEL specification.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "cel/typed_json.hpp"

namespace nip::cel {

namespace {

namespace dom = simdjson::dom;

// Types nest at most this deep; the text of the deepest that means something is far shorter.
constexpr std::uint32_t type_nesting_max = 32;

using named_kind = std::pair<std::string_view, type_kind>;

constexpr std::array<named_kind, 6> primitives = {{{"BOOL", type_kind::boolean},
                                                   {"INT64", type_kind::integer},
                                                   {"UINT64", type_kind::uinteger},
                                                   {"DOUBLE", type_kind::real},
                                                   {"STRING", type_kind::string},
                                                   {"BYTES", type_kind::bytes}}};
constexpr std::array<named_kind, 3> well_known = {{{"ANY", type_kind::dyn},
                                                   {"TIMESTAMP", type_kind::timestamp},
                                                   {"DURATION", type_kind::duration}}};

std::unexpected<error> refuse(dom::element got) {
  return fail(errc::invalid_argument,
              fmt::format("not a type of this language: {}",
                          std::string(simdjson::minify(got)).substr(0, 80)));
}

class type_reader {
 public:
  explicit type_reader(std::vector<std::string>& parameters) : parameters_(parameters) {}

  result<type> read(dom::element from) {
    dom::object object;
    if (++depth_ > type_nesting_max || from.get_object().get(object) != simdjson::SUCCESS ||
        object.size() != 1) {
      return refuse(from);
    }
    const auto field = *object.begin();
    auto made = read_form(from, field.key, field.value);
    --depth_;
    return made;
  }

 private:
  result<type> read_form(dom::element whole, std::string_view form, dom::element held) {
    if (form == "dyn") return type{};
    if (form == "null") return type{.kind = type_kind::null};
    if (form == "primitive") return read_name(whole, primitives, held);
    if (form == "wellKnown") return read_name(whole, well_known, held);
    if (form == "listType") {
      NIP_TRY(item, read_part(held, "elemType"));
      return list_of(item);
    }
    if (form == "mapType") {
      NIP_TRY(key, read_part(held, "keyType"));
      NIP_TRY(mapped, read_part(held, "valueType"));
      return map_of(key, mapped);
    }
    if (form == "type") return read_denoted(held);
    if (form == "typeParam") return read_parameter(whole, held);
    if (form == "messageType") return read_message(whole, held);
    if (form == "abstractType") return read_abstract(whole, held);
    return refuse(whole);
  }

  template <std::size_t N>
  result<type> read_name(dom::element whole, const std::array<named_kind, N>& known,
                         dom::element held) {
    std::string_view name;
    if (held.get_string().get(name) != simdjson::SUCCESS) return refuse(whole);
    const auto found = std::ranges::find(known, name, &named_kind::first);
    if (found == known.end()) return refuse(whole);
    return type{.kind = found->second};
  }

  // A part that is left away may be anything.
  result<type> read_part(dom::element held, std::string_view name) {
    dom::element part;
    if (held.at_key(name).get(part) != simdjson::SUCCESS) return type{};
    return read(part);
  }

  result<type> read_denoted(dom::element held) {
    dom::object denoted;
    const bool left_away =
        held.get_object().get(denoted) != simdjson::SUCCESS || denoted.size() == 0;
    if (left_away) return type_of({});
    NIP_TRY(inner, read(held));
    return type_of(inner);
  }

  result<type> read_parameter(dom::element whole, dom::element held) {
    std::string_view name;
    if (held.get_string().get(name) != simdjson::SUCCESS) return refuse(whole);
    auto found = std::ranges::find(parameters_, name);
    if (found == parameters_.end()) found = parameters_.insert(found, std::string(name));
    return type{.kind = type_kind::parameter,
                .id = static_cast<std::uint32_t>(found - parameters_.begin())};
  }

  result<type> read_message(dom::element whole, dom::element held) {
    std::string_view name;
    if (held.get_string().get(name) != simdjson::SUCCESS) return refuse(whole);
    const auto known = type_named(name);
    if (!known) return refuse(whole);
    return *known;
  }

  result<type> read_abstract(dom::element whole, dom::element held) {
    std::string_view name;
    if (held.at_key("name").get_string().get(name) != simdjson::SUCCESS) return refuse(whole);
    type made = object_of(std::string(name));
    if (const auto known = type_named(name)) made = type{.kind = known->kind};
    dom::array parameters;
    if (held.at_key("parameterTypes").get_array().get(parameters) == simdjson::SUCCESS) {
      for (const dom::element parameter : parameters) {
        NIP_TRY(part, read(parameter));
        made.params.push_back(part);
      }
    }
    if (made.is(type_kind::optional)) made.params.resize(1);
    return made;
  }

  std::vector<std::string>& parameters_;
  std::uint32_t depth_ = 0;
};

}  // namespace

result<type> read_type_json(dom::element element, std::vector<std::string>& parameters) {
  return type_reader(parameters).read(element);
}

}  // namespace nip::cel
