#include "message/cloudevents_draft.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/json_write.hpp"
#include "message/cloudevents.hpp"
#include "message/cloudevents_names.hpp"
#include "message/traceparent.hpp"

namespace nip::message {
namespace {

constexpr std::array<std::string_view, 4> required_names{"specversion", "id", "source", "type"};

std::unexpected<error> refuse(std::string_view name, std::string_view what) {
  return fail(errc::invalid_argument,
              fmt::format("cloudevent: attribute \"{}\": {}", name.substr(0, 48), what));
}

/// Whether the envelope's own key can hold it; else it stays an extension like any other.
bool fits_known_key(const ce_attribute& a) {
  if (!a.is_string || a.text.empty() || a.text.size() > codec_limits{}.id_bytes_max) return false;
  return a.name != "traceparent" || is_traceparent(a.text);
}

}  // namespace

void cloudevents_draft::clear() {
  seen_.clear();
  top_.clear();
  metadata_.clear();
  data_.clear();
  content_type_.clear();
  required_ = 0;
}

status cloudevents_draft::see(std::string_view name) {
  if (std::find(seen_.begin(), seen_.end(), name) != seen_.end())
    return refuse(name, "is there twice; keep one of them");
  if (seen_.size() == cloudevents_reader::attributes_max)
    return refuse(name, fmt::format("one more than the limit of {} attributes",
                                    cloudevents_reader::attributes_max));
  seen_.emplace_back(name);
  return {};
}

status cloudevents_draft::add(const ce_attribute& a) {
  NIP_CHECK(see(a.name));
  if (!is_attribute_name(a.name))
    return refuse(a.name, "a name is lower-case letters and digits only");
  if (a.name == "specversion") return add_version(a);
  if (std::find(required_names.begin(), required_names.end(), a.name) != required_names.end())
    return add_required(a);
  if (a.name == "time") {
    if (!a.is_string) return refuse(a.name, "expected an RFC 3339 time as a string");
    add_member(top_, "timestamp", a.raw);
    return {};
  }
  if (a.name == ce_metadata_name) return add_rest_of_metadata(a);
  if (a.name == "datacontenttype") {
    if (!a.is_string || !is_header_safe(a.text))
      return refuse(a.name,
                    "expected a media type as a string of ASCII without control characters");
    content_type_ = a.text;
  }
  if (a.name == ce_correlation_name && fits_known_key(a)) {
    add_member(top_, "correlation_id", a.raw);
    return {};
  }
  for (const ce_pair& known : ce_known_extensions) {
    if (a.name != known.attribute || !fits_known_key(a)) continue;
    add_member(metadata_, known.metadata_key, a.raw);
    return {};
  }
  add_member(metadata_, std::string(ce_prefix).append(a.name), a.raw);
  return {};
}

status cloudevents_draft::add_version(const ce_attribute& a) {
  if (!a.is_string || a.text != "1.0")
    return fail(errc::unsupported, fmt::format("cloudevent: specversion {}: only \"1.0\" is spoken",
                                               a.raw.substr(0, 16)));
  ++required_;
  return {};
}

status cloudevents_draft::add_required(const ce_attribute& a) {
  if (!a.is_string || a.text.empty()) return refuse(a.name, "expected a string that is not empty");
  ++required_;
  add_member(top_, a.name, a.raw);
  return {};
}

status cloudevents_draft::add_rest_of_metadata(const ce_attribute& a) {
  if (!a.is_string) return refuse(a.name, "expected a JSON object as a string");
  padded_.assign(a.text);
  padded_.append(message::padding, ' ');
  const std::string_view text = std::string_view(padded_).substr(0, a.text.size());
  auto root = inner_.parse(text);
  if (!root) return refuse(a.name, root.error().detail);
  if (!root->is_object()) return refuse(a.name, "expected a JSON object as a string");
  const std::uint32_t* const at = inner_.structurals();
  const std::size_t count = inner_.structurals_count();
  if (count == 2) return {};
  if (!metadata_.empty()) metadata_ += ',';
  metadata_.append(text.substr(at[0] + 1, at[count - 1] - at[0] - 1));
  return {};
}

void cloudevents_draft::add_member(std::string& to, std::string_view key, std::string_view raw) {
  if (!to.empty()) to += ',';
  append_json_key(to, key);
  to += raw;
}

void cloudevents_draft::set_data(std::string_view raw, bool is_base64) {
  data_ = raw;
  if (is_base64) add_member(metadata_, ce_base64_key, "true");
}

result<std::string> cloudevents_draft::finish() {
  if (required_ != required_names.size()) {
    for (const std::string_view name : required_names)
      if (std::find(seen_.begin(), seen_.end(), name) == seen_.end())
        return refuse(name, "is missing; an event has specversion, id, source and type");
    return fail(errc::invalid_argument,
                "cloudevent: specversion, id, source and type must not be null");
  }
  std::string envelope;
  envelope.reserve(top_.size() + metadata_.size() + data_.size() + 64);
  envelope.append("{").append(top_);
  if (!data_.empty()) add_member(envelope, "data", data_);
  if (!metadata_.empty()) envelope.append(",\"metadata\":{").append(metadata_).append("}");
  envelope += '}';
  return envelope;
}

}  // namespace nip::message
