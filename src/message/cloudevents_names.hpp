// Which CloudEvents attribute is which key of the envelope; shared by reader and writer.
#pragma once

#include <array>
#include <string_view>

namespace nip::message {

/// In front of an attribute's name, in metadata.
constexpr std::string_view ce_prefix = "ce_";
/// `true` in metadata when `data` is the base64 text of the event's data_base64.
constexpr std::string_view ce_base64_key = "ce_data_base64";
/// The extension that carries what of metadata no attribute can, as JSON text.
constexpr std::string_view ce_metadata_name = "nipmetadata";
/// The source of a message that has none, since an event must have one.
constexpr std::string_view ce_default_source = "nip";

/// Extensions that the envelope has a key of its own for.
struct ce_pair {
  std::string_view attribute;
  std::string_view metadata_key;
};
constexpr std::array<ce_pair, 3> ce_known_extensions{{{"traceparent", "traceparent"},
                                                      {"partitionkey", "ordering_key"},
                                                      {"causationid", "causation_id"}}};
constexpr std::string_view ce_correlation_name = "correlationid";

/// Attributes that a `ce_` key of metadata never stands for.
constexpr bool is_core_attribute(std::string_view name) {
  for (const std::string_view core :
       {"specversion", "id", "source", "type", "time", "data", "nipmetadata"})
    if (name == core) return true;
  return false;
}

/// Lower-case letters and digits (CloudEvents 1.0.2, section "Naming conventions").
constexpr bool is_attribute_name(std::string_view name) {
  for (const char c : name)
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))) return false;
  return !name.empty();
}

/// True for visible ASCII with spaces, which is what may stand in a Content-Type header as it is.
constexpr bool is_header_safe(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e) return false;
  return true;
}

/// True for application/json, text/json, anything with +json, and when there is none.
bool is_json_type(std::string_view content_type) noexcept;

}  // namespace nip::message
