#include <fmt/format.h>

#include <algorithm>

#include "base/base64.hpp"
#include "base/json_write.hpp"
#include "message/cloudevents.hpp"
#include "message/cloudevents_draft.hpp"
#include "message/cloudevents_names.hpp"
#include "message/envelope_reader.hpp"
#include "message/percent.hpp"

namespace nip::message {
namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

/// The media type without parameters.
std::string_view media_type(std::string_view content_type) noexcept {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.remove_suffix(1);
  while (!type.empty() && (type.front() == ' ' || type.front() == '\t')) type.remove_prefix(1);
  return type;
}

/// Whether they are the same but for the case of `text`; `known` is in lower case.
bool same(std::string_view text, std::string_view known) noexcept {
  return std::equal(text.begin(), text.end(), known.begin(), known.end(),
                    [](char a, char b) { return lower(a) == b; });
}

/// `text` with the bytes behind it that the parser may read.
std::string_view padded(std::string& buffer, std::string_view text) {
  buffer.assign(text);
  buffer.append(message::padding, ' ');
  return std::string_view(buffer).substr(0, text.size());
}

}  // namespace

cloudevents_form form_of(std::string_view content_type, bool has_ce_specversion) noexcept {
  const std::string_view type = media_type(content_type);
  if (same(type, "application/cloudevents+json")) return cloudevents_form::structured;
  if (same(type, "application/cloudevents-batch+json")) return cloudevents_form::batch;
  return has_ce_specversion ? cloudevents_form::binary : cloudevents_form::none;
}

bool is_json_type(std::string_view content_type) noexcept {
  constexpr std::string_view suffix = "+json";
  const std::string_view type = media_type(content_type);
  return type.empty() || same(type, "application/json") || same(type, "text/json") ||
         (type.size() > suffix.size() && same(type.substr(type.size() - suffix.size()), suffix));
}

struct cloudevents_reader::core {
  explicit core(codec_limits chosen)
      : limits(chosen),
        parser("cloudevent", chosen.bytes_max, chosen.depth_max),
        inner("nipmetadata", chosen.bytes_max, chosen.depth_max) {}

  codec_limits limits;
  json_parser parser;
  json_parser inner;
  cloudevents_draft draft{inner};
  std::string input;

  /// One event of a parsed text.
  result<std::string> event(const char* text, const std::uint32_t* open,
                            simdjson::dom::object members);
  status member(std::string_view name, simdjson::dom::element value, std::string_view raw);
  status header_attribute(const header& h);
  status body(std::string_view content_type, std::string_view bytes);
};

cloudevents_reader::cloudevents_reader(codec_limits limits)
    : core_(std::make_unique<core>(limits)) {}
cloudevents_reader::~cloudevents_reader() = default;

result<std::string> cloudevents_reader::structured(std::string_view json) {
  const std::string_view text = padded(core_->input, json);
  NIP_TRY(root, core_->parser.parse(text));
  simdjson::dom::object members;
  if (root.get(members) != simdjson::SUCCESS)
    return fail(errc::invalid_argument,
                "cloudevent: expected a JSON object, got " + describe(root, text));
  return core_->event(text.data(), core_->parser.structurals(), members);
}

result<std::vector<result<std::string>>> cloudevents_reader::batch(std::string_view json) {
  std::string input;  // of its own, as its parser: a large batch must not stay in memory
  const std::string_view text = padded(input, json);
  json_parser parser("cloudevents batch", batch_bytes_max, core_->limits.depth_max + 1);
  NIP_TRY(root, parser.parse(text));
  simdjson::dom::array entries;
  if (root.get(entries) != simdjson::SUCCESS)
    return fail(errc::invalid_argument,
                "cloudevents batch: expected a JSON array of events, got " + describe(root, text));
  member_cursor cursor(text.data(), parser.structurals());
  std::vector<result<std::string>> out;
  for (const simdjson::dom::element entry : entries) {
    if (out.size() == batch_max)
      return fail(errc::too_large,
                  fmt::format("cloudevents batch: over the limit of {} events", batch_max));
    const raw_member raw = cursor.next_element();
    simdjson::dom::object members;
    if (entry.get(members) == simdjson::SUCCESS) {
      out.push_back(core_->event(text.data(), raw.value_index, members));
    } else {
      out.push_back(fail(errc::invalid_argument,
                         fmt::format("cloudevent: byte {}: expected an object, got {}",
                                     raw.value_at, describe(entry, raw.value))));
    }
  }
  return out;
}

result<std::string> cloudevents_reader::binary(std::span<const header> headers,
                                               std::string_view content_type,
                                               std::string_view body) {
  core_->draft.clear();
  if (!content_type.empty()) {
    std::string raw;
    append_json_string(raw, content_type);
    NIP_CHECK(core_->draft.add({"datacontenttype", raw, content_type, true}));
  }
  for (const header& h : headers) NIP_CHECK(core_->header_attribute(h));
  NIP_CHECK(core_->body(content_type, body));
  return core_->draft.finish();
}

result<std::string> cloudevents_reader::core::event(const char* text, const std::uint32_t* open,
                                                    simdjson::dom::object members) {
  draft.clear();
  member_cursor cursor(text, open);
  for (auto at = members.begin(); at != members.end(); ++at)
    NIP_CHECK(member(at.key(), at.value(), cursor.next().value));
  return draft.finish();
}

status cloudevents_reader::core::member(std::string_view name, simdjson::dom::element value,
                                        std::string_view raw) {
  // The specification makes a null attribute the same as none.
  if (value.is_null()) return draft.see(name);
  const bool is_string = value.is_string();
  const std::string_view text = is_string ? value.get_string().value_unsafe() : std::string_view();
  if (name != "data" && name != "data_base64") {
    if (value.is_object() || value.is_array())
      return fail(
          errc::invalid_argument,
          fmt::format("cloudevent: attribute \"{}\": expected a string, number or boolean, got {}",
                      name.substr(0, 48), describe(value, raw)));
    return draft.add({name, raw, text, is_string});
  }
  NIP_CHECK(draft.see(name));
  if (draft.has_data())
    return fail(errc::invalid_argument,
                "cloudevent: both data and data_base64; an event has one of them");
  if (name == "data_base64" && (!is_string || !decode_base64(text)))
    return fail(errc::invalid_argument, "cloudevent: data_base64: expected base64 as a string");
  draft.set_data(raw, name == "data_base64");
  return {};
}

status cloudevents_reader::core::header_attribute(const header& h) {
  std::string name(h.name);
  std::transform(name.begin(), name.end(), name.begin(), lower);
  if (!name.starts_with("ce-")) return {};
  const auto text = decode_header_value(h.value);
  if (!text || !simdjson::validate_utf8(*text))
    return fail(errc::invalid_argument,
                fmt::format("cloudevent: header {}: a broken quote, percent sign or UTF-8", name));
  std::string raw;
  append_json_string(raw, *text);
  return draft.add({std::string_view(name).substr(3), raw, *text, true});
}

status cloudevents_reader::core::body(std::string_view content_type, std::string_view bytes) {
  if (bytes.size() > limits.bytes_max)
    return fail(errc::too_large, fmt::format("cloudevent: {} bytes of data, over the limit of {}",
                                             bytes.size(), limits.bytes_max));
  if (bytes.empty()) return {};
  if (is_json_type(content_type)) {
    // Whole and alone: what follows the value must not become keys of the envelope.
    const std::string_view text = padded(input, bytes);
    NIP_CHECK(parser.parse(text));
    draft.set_data(text, false);
    return {};
  }
  std::string raw;
  const bool is_text = simdjson::validate_utf8(bytes.data(), bytes.size());
  if (is_text) {
    append_json_string(raw, bytes);
  } else {
    raw += '"';
    append_base64(raw, bytes);
    raw += '"';
  }
  draft.set_data(raw, !is_text);
  return {};
}

}  // namespace nip::message
