#include "broker/compose.hpp"

#include <algorithm>

#include "base/json_write.hpp"

namespace nip::broker {
namespace {

void append_member(std::string& out, std::string_view key, std::string_view json) {
  if (out.back() != '{') out += ',';
  append_json_string(out, key);
  out += ':';
  out += json;
}

void append_text_member(std::string& out, std::string_view key, std::string_view text) {
  if (text.empty()) return;
  if (out.back() != '{') out += ',';
  append_json_string(out, key);
  out += ':';
  append_json_string(out, text);
}

/// The envelope's metadata without the keys that `with` replaces, behind those of `with`.
void append_metadata(std::string& out, const message::parsed& from, metadata_pairs with) {
  if (out.back() != '{') out += ',';
  out += "\"metadata\":{";
  for (const auto& [key, json] : with)
    if (!json.empty()) append_member(out, key, json);
  if (!from.view.metadata.empty()) {
    // Held by name: a range-for would not keep the temporary that it is part of.
    const simdjson::dom::object object = from.metadata.get_object().value_unsafe();
    for (const auto field : object) {
      const auto replaced = [&](const auto& pair) { return pair.first == field.key; };
      if (std::ranges::any_of(with, replaced)) continue;
      append_member(out, field.key, simdjson::minify(field.value));
    }
  }
  out += '}';
}

}  // namespace

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string_view compose(std::string& out, const message::parsed& from, const replacement& with) {
  const auto pick = [](std::string_view first, std::string_view second) {
    return first.empty() ? second : first;
  };
  const auto start = out.size();
  out += '{';
  if (!with.new_identity) append_text_member(out, "id", pick(with.id, from.view.id));
  append_text_member(out, "type", pick(with.type, from.view.type));
  if (!with.new_identity) append_text_member(out, "timestamp", from.view.timestamp);
  append_text_member(out, "source", pick(with.source, from.view.source));
  append_text_member(out, "correlation_id", pick(with.correlation_id, from.view.correlation_id));
  if (!from.view.data.empty()) append_member(out, "data", from.view.data);
  if (with.metadata.size() > 0 || !from.view.metadata.empty())
    append_metadata(out, from, with.metadata);
  out += '}';
  const auto size = out.size() - start;
  out.append(message::message::padding, '\0');
  return std::string_view(out).substr(start, size);
}

}  // namespace nip::broker
