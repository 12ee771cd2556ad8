// simdjson's DOM with a size limit, bounded growth, and errors that say where.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <string_view>

#include "base/result.hpp"

namespace nip::message {

/// One parser that is used again and again. Grows to the largest text seen, in powers of two; one
/// thread.
class json_parser {
 public:
  /// `subject` begins every error message; it outlives the parser (a literal).
  json_parser(std::string_view subject, std::size_t bytes_max, std::size_t depth_max)
      : subject_(subject), bytes_max_(bytes_max), depth_max_(depth_max) {}

  /// The root of one JSON text, which has message::padding readable bytes behind it. Valid until
  /// the next parse. Fails with errc::too_large, errc::parse, or errc::invalid_argument when nested
  /// too deep; an empty container at the deepest level may slip through by one.
  result<simdjson::dom::element> parse(std::string_view text) {
    if (text.size() <= bytes_max_ && reserve(text.size()) == simdjson::SUCCESS) {
      simdjson::dom::element root;
      code_ = parser_.parse(text.data(), text.size(), false).get(root);
      if (code_ == simdjson::SUCCESS) return root;
    }
    return explain(text);
  }

  /// Offsets into the text just parsed: every bracket, colon and comma, and the first byte of every
  /// string, number and word.
  const std::uint32_t* structurals() const noexcept {
    return parser_.implementation->structural_indexes.get();
  }
  std::size_t structurals_count() const noexcept {
    return parser_.implementation->n_structural_indexes;
  }

 private:
  simdjson::error_code reserve(std::size_t size);
  /// Reads the text again, slowly, to say where and why it is refused.
  [[gnu::cold]] std::unexpected<error> explain(std::string_view text) const;

  simdjson::dom::parser parser_;
  simdjson::error_code code_ = simdjson::SUCCESS;
  std::string_view subject_;
  std::size_t bytes_max_;
  std::size_t depth_max_;
};

}  // namespace nip::message
