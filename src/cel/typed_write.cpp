// Values as JSON that names their types.
#include <fmt/format.h>

#include <cmath>

#include "base/base64.hpp"
#include "base/json_write.hpp"
#include "cel/aggregate.hpp"
#include "cel/network.hpp"
#include "cel/time.hpp"
#include "cel/typed_json.hpp"

namespace nip::cel {

namespace {

void append_typed_real(std::string& out, double number) {
  if (std::isfinite(number)) {
    append_json_double(out, number);
  } else {
    out += std::isnan(number) ? "\"NaN\"" : number > 0 ? "\"Infinity\"" : "\"-Infinity\"";
  }
}

void append_text(std::string& out, std::string_view name, std::string_view text) {
  out += '{';
  append_json_key(out, name);
  append_json_string(out, text);
  out += '}';
}

void append_object(std::string& out, std::string_view type, std::string_view text) {
  out += R"({"objectValue":{"@type":)";
  append_json_string(out, type);
  out += R"(,"value":)";
  append_json_string(out, text);
  out += "}}";
}

void append_list(std::string& out, const value& list) {
  out += R"({"listValue":{"values":[)";
  const char* separator = "";
  for (cursor each(list); each.next(); separator = ",") {
    out += separator;
    append_typed_json(out, each.key());
  }
  out += "]}}";
}

void append_map(std::string& out, const value& map) {
  out += R"({"mapValue":{"entries":[)";
  const char* separator = "";
  for (cursor each(map); each.next(); separator = ",") {
    out += separator;
    out += R"({"key":)";
    append_typed_json(out, each.key());
    out += R"(,"value":)";
    append_typed_json(out, each.held());
    out += '}';
  }
  out += "]}}";
}

void append_optional(std::string& out, const value& v) {
  out += R"({"optionalValue":{)";
  if (v.held() != nullptr) {
    out += R"("value":)";
    append_typed_json(out, *v.held());
  }
  out += "}}";
}

}  // namespace

void append_typed_json(std::string& out, const value& v) {
  switch (v.kind()) {
    case value_kind::null:
      out += R"({"nullValue":null})";
      return;
    case value_kind::boolean:
      out += v.as_bool() ? R"({"boolValue":true})" : R"({"boolValue":false})";
      return;
    case value_kind::integer:
      fmt::format_to(std::back_inserter(out), R"({{"int64Value":"{}"}})", v.as_integer());
      return;
    case value_kind::uinteger:
      fmt::format_to(std::back_inserter(out), R"({{"uint64Value":"{}"}})", v.as_uinteger());
      return;
    case value_kind::real:
      out += R"({"doubleValue":)";
      append_typed_real(out, v.as_real());
      out += '}';
      return;
    case value_kind::string:
      append_text(out, "stringValue", v.as_view());
      return;
    case value_kind::type:
      append_text(out, "typeValue", v.as_view());
      return;
    case value_kind::bytes:
      out += R"({"bytesValue":")";
      append_base64(out, v.as_view());
      out += "\"}";
      return;
    case value_kind::timestamp:
      append_object(out, "type.googleapis.com/google.protobuf.Timestamp",
                    format_instant(v.as_instant()));
      return;
    case value_kind::duration:
      append_object(out, "type.googleapis.com/google.protobuf.Duration",
                    format_nanos(v.as_nanos()));
      return;
    case value_kind::ip:
      append_object(out, type_name(v), format_address(v.as_address()));
      return;
    case value_kind::cidr:
      append_object(out, type_name(v), format_range(v.as_range()));
      return;
    case value_kind::list:
      append_list(out, v);
      return;
    case value_kind::map:
      append_map(out, v);
      return;
    case value_kind::optional:
      append_optional(out, v);
      return;
    case value_kind::error:
      out += "null";
      return;
  }
}

}  // namespace nip::cel
