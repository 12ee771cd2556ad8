#include <simdjson.h>

#include <algorithm>

#include "base/base64.hpp"
#include "base/json_write.hpp"
#include "message/cloudevents.hpp"
#include "message/cloudevents_names.hpp"
#include "message/member_cursor.hpp"
#include "message/percent.hpp"

namespace nip::message {
namespace {

/// Where the attributes of one event go; called in the order in which they are to stand.
class attribute_sink {
 public:
  virtual ~attribute_sink() = default;
  virtual void text(std::string_view name, std::string_view value) = 0;
  /// A number or boolean as its JSON token.
  virtual void token(std::string_view name, std::string_view value) = 0;
};

class json_sink final : public attribute_sink {
 public:
  explicit json_sink(std::string& out) : out_(out) {}
  void text(std::string_view name, std::string_view value) override {
    key(name);
    append_json_string(out_, value);
  }
  void token(std::string_view name, std::string_view value) override {
    key(name);
    out_ += value;
  }

 private:
  void key(std::string_view name) {
    out_ += out_.back() == '{' ? "" : ",";
    append_json_key(out_, name);
  }
  std::string& out_;
};

class header_sink final : public attribute_sink {
 public:
  explicit header_sink(binary_event& out) : out_(out) {}
  void text(std::string_view name, std::string_view value) override {
    if (name == "datacontenttype") {
      out_.content_type = value;
      return;
    }
    append_percent_encoded(slot(name), value);
  }
  void token(std::string_view name, std::string_view value) override { slot(name) = value; }

 private:
  std::string& slot(std::string_view name) {
    return out_.headers.emplace_back("ce-" + std::string(name), std::string()).second;
  }
  binary_event& out_;
};

}  // namespace

struct cloudevents_writer::core {
  simdjson::dom::parser parser;
  std::vector<std::string_view> names;  ///< of the attributes that came out of metadata
  std::string rest;                     ///< members of metadata that are no attributes
  bool is_base64 = false;

  void attributes(const message& from, attribute_sink& to);
  void metadata(const fields& f, attribute_sink& to);
  /// The attribute that a key of metadata stands for; empty when none does.
  std::string_view attribute_of(std::string_view key, simdjson::dom::element value,
                                const fields& f) const;
  std::string decoded_data(const fields& f);
};

cloudevents_writer::cloudevents_writer() : core_(std::make_unique<core>()) {}
cloudevents_writer::~cloudevents_writer() = default;

void cloudevents_writer::append_structured(std::string& out, const message& from) {
  out += '{';
  json_sink sink(out);
  core_->attributes(from, sink);
  const std::string_view data = from.view().data;
  if (!data.empty()) sink.token(core_->is_base64 ? "data_base64" : "data", data);
  out += '}';
}

binary_event cloudevents_writer::binary(const message& from) {
  binary_event event;
  header_sink sink(event);
  core_->attributes(from, sink);
  const std::string_view data = from.view().data;
  if (data.empty()) {
    // Without a body the type of the data has no other place than this.
    if (!event.content_type.empty())
      event.headers.emplace_back("ce-datacontenttype", event.content_type);
    event.content_type.clear();
    return event;
  }
  if (core_->is_base64) {
    event.body = decode_base64(core_->decoded_data(from.view())).value_or(std::string());
    // Without a type the bytes would be taken for JSON.
    if (event.content_type.empty()) event.content_type = "application/octet-stream";
  } else if (!is_json_type(event.content_type) && data.front() == '"') {
    event.body = core_->decoded_data(from.view());
  } else {
    event.body = data;
    if (event.content_type.empty()) event.content_type = "application/json";
  }
  return event;
}

void cloudevents_writer::core::attributes(const message& from, attribute_sink& to) {
  const fields& f = from.view();
  names.clear();
  rest.clear();
  is_base64 = false;
  to.text("specversion", "1.0");
  to.text("id", f.id);
  to.text("source", f.source.empty() ? ce_default_source : f.source);
  to.text("type", f.type);
  to.text("time", f.timestamp);
  if (!f.correlation_id.empty()) to.text(ce_correlation_name, f.correlation_id);
  if (!f.metadata.empty()) metadata(f, to);
  // Anybody may have put the marker there; only what is base64 goes out as such.
  if (is_base64) is_base64 = decode_base64(decoded_data(f)).has_value();
  if (!rest.empty()) to.text(ce_metadata_name, "{" + rest + "}");
}

void cloudevents_writer::core::metadata(const fields& f, attribute_sink& to) {
  simdjson::dom::object members;
  // In place: the message's own padding stands behind it, and the codec has accepted it before.
  if (parser.parse(f.metadata.data(), f.metadata.size(), false).get(members) != simdjson::SUCCESS)
    return;
  member_cursor cursor(f.metadata.data(), parser.implementation->structural_indexes.get());
  for (auto at = members.begin(); at != members.end(); ++at) {
    const std::string_view key = at.key();
    const std::string_view raw = cursor.next().value;
    const simdjson::dom::element value = at.value();
    if (key == ce_base64_key && raw == "true" && f.data.starts_with('"')) {
      is_base64 = true;
      continue;
    }
    const std::string_view name = attribute_of(key, value, f);
    if (name.empty()) {
      if (!rest.empty()) rest += ',';
      append_json_key(rest, key);
      rest += raw;
      continue;
    }
    names.push_back(name);
    if (value.is_string()) {
      to.text(name, value.get_string().value_unsafe());
    } else {
      to.token(name, raw);
    }
  }
}

std::string_view cloudevents_writer::core::attribute_of(std::string_view key,
                                                        simdjson::dom::element value,
                                                        const fields& f) const {
  if (value.is_null() || value.is_object() || value.is_array()) return {};
  for (const ce_pair& known : ce_known_extensions)
    if (key == known.metadata_key && value.is_string() && value.get_string().value_unsafe() != "")
      return known.attribute;
  if (!key.starts_with(ce_prefix)) return {};
  const std::string_view name = key.substr(ce_prefix.size());
  if (!is_attribute_name(name) || is_core_attribute(name)) return {};
  // It becomes a header that is not encoded.
  if (name == "datacontenttype" &&
      (!value.is_string() || !is_header_safe(value.get_string().value_unsafe())))
    return {};
  // The envelope's own key says it already, or another `ce_` key has.
  const bool taken = (name == ce_correlation_name && !f.correlation_id.empty()) ||
                     (name == "traceparent" && !f.traceparent.empty()) ||
                     (name == "partitionkey" && !f.ordering_key.empty()) ||
                     (name == "causationid" && !f.causation_id.empty()) ||
                     std::find(names.begin(), names.end(), name) != names.end();
  return taken ? std::string_view() : name;
}

std::string cloudevents_writer::core::decoded_data(const fields& f) {
  std::string_view text;
  if (parser.parse(f.data.data(), f.data.size(), false).get(text) != simdjson::SUCCESS) return {};
  return std::string(text);
}

}  // namespace nip::message
