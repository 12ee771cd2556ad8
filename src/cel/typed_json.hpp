// Values and types in the JSON form of the CEL specification, where every value names its type.
#pragma once

#include <simdjson.h>

#include <string>

#include "base/result.hpp"
#include "cel/arena.hpp"
#include "cel/type.hpp"
#include "cel/value.hpp"

namespace nip::cel {

/// Values nest at most this deep when they are read; deeper ones are refused.
constexpr std::uint32_t typed_nesting_max = 200;

/// Appends `v` as cel.expr.Value is written in JSON: {"int64Value":"1"}, {"bytesValue":"AQ=="},
/// {"mapValue":{"entries":[{"key":…,"value":…}]}}; timestamps and durations as {"objectValue":
/// {"@type":…,"value":…}}. What that form does not have is written beside it: {"optionalValue":{}},
/// {"optionalValue":{"value":…}}, and addresses as an objectValue of type net.IP or net.CIDR. An
/// error value becomes null: say it another way.
void append_typed_json(std::string& out, const value& v);

/// The value that `element` stands for: an object whose only member is one of the names above is
/// that value, an object whose only member is "value" with such an object is what it holds, any
/// other JSON is taken as from_json() takes it. Aggregates live in `memory`, text in the document
/// of `element`. Fails with errc::invalid_argument, which names the form and what it got, when a
/// typed form holds something else than its type; optional values cannot be given.
result<value> read_typed_json(simdjson::dom::element element, arena& memory);

/// A type in the JSON form of cel.expr.Type: {"primitive":"INT64"}, {"listType":{"elemType":…}}.
/// `parameters` collects the names of type parameters, whose place is their id. Fails with
/// errc::invalid_argument on what is no type of this language.
result<type> read_type_json(simdjson::dom::element element, std::vector<std::string>& parameters);

}  // namespace nip::cel
