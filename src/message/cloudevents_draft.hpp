// An envelope in the making: takes CloudEvents attributes one by one, whichever form they came in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "message/json_parser.hpp"

namespace nip::message {

/// One attribute as JSON token and, when it is a string, decoded.
struct ce_attribute {
  std::string_view name;
  std::string_view raw;   ///< the JSON token
  std::string_view text;  ///< meaningful when `is_string`
  bool is_string = false;
};

/// Reused for one event after the other.
class cloudevents_draft {
 public:
  /// `inner` parses the nipmetadata extension; it outlives the draft.
  explicit cloudevents_draft(json_parser& inner) : inner_(inner) {}

  void clear();
  /// Fails with errc::invalid_argument or errc::unsupported.
  status add(const ce_attribute& a);
  /// A name that carries no attribute (null, data) still counts as seen. Fails when it was before.
  status see(std::string_view name);
  /// `raw` is one JSON value; with `is_base64` the base64 text of bytes, as a JSON string.
  void set_data(std::string_view raw, bool is_base64);
  bool has_data() const noexcept { return !data_.empty(); }
  std::string_view content_type() const noexcept { return content_type_; }
  /// The envelope. Fails with errc::invalid_argument when a required attribute is missing.
  result<std::string> finish();

 private:
  status add_required(const ce_attribute& a);
  status add_version(const ce_attribute& a);
  status add_rest_of_metadata(const ce_attribute& a);
  void add_member(std::string& to, std::string_view key, std::string_view raw);

  json_parser& inner_;
  std::vector<std::string> seen_;
  std::string top_;
  std::string metadata_;
  std::string data_;
  std::string content_type_;
  std::string padded_;
  unsigned required_ = 0;  ///< how many of specversion, id, source and type were there
};

}  // namespace nip::message
