// From a parsed JSON document to the envelope's fields: which keys there are, and what each may
// hold.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "message/codec.hpp"
#include "message/member_cursor.hpp"

namespace nip::message {

/// Reads one envelope. Lives for one parse, on the stack of codec::parse.
class envelope_reader {
 public:
  /// `text` is the parser's whole input and `structurals` the indexes into it; `out` is empty.
  envelope_reader(const char* text, const std::uint32_t* structurals, const codec_limits& limits,
                  parsed& out) noexcept
      : text_(text), structurals_(structurals), limits_(limits), out_(out) {}

  /// Fills `out`. False, with the failure (errc::invalid_argument), on a duplicate, unknown,
  /// missing or wrong key, and on nesting that goes too deep.
  bool read(simdjson::dom::object envelope);
  error&& failure() noexcept { return std::move(failure_); }

 private:
  /// One member, twice: decoded by the DOM, and as raw bytes.
  struct entry {
    std::string_view key;
    simdjson::dom::element value;
    raw_member raw;
    bool in_metadata = false;
  };

  // Each answers false after it has set `failure_`.
  bool take(const entry& e);
  bool take_metadata(const entry& e);
  bool take_known(const entry& e);
  bool take_string(const entry& e, std::string_view& into);
  bool take_type(const entry& e);
  bool take_id(const entry& e);
  bool take_timestamp(const entry& e);
  bool take_deadline(const entry& e);
  bool take_due(const entry& e);
  bool take_topic(const entry& e, std::string_view& into);
  bool take_traceparent(const entry& e);
  bool take_priority(const entry& e);
  bool take_flag(const entry& e, bool& into);
  template <class Number>
  bool take_number(const entry& e, Number& into);
  bool first(const entry& e, std::uint32_t& seen, unsigned bit);

  [[gnu::cold]] bool refuse(const entry& e, std::string_view what);
  [[gnu::cold]] bool refuse_type(const entry& e, std::string_view expected);
  [[gnu::cold]] bool refuse_unknown(const entry& e);
  [[gnu::cold]] bool refuse_depth();
  [[gnu::cold]] bool refuse_missing_type();

  const char* text_;
  const std::uint32_t* structurals_;
  const codec_limits& limits_;
  parsed& out_;
  std::uint32_t seen_ = 0;           ///< one bit an envelope key
  std::uint32_t seen_metadata_ = 0;  ///< one bit a known metadata key
  error failure_;
};

/// `number 5`, `string "urgent"`, `an array`: a value as error messages name it.
std::string describe(simdjson::dom::element value, std::string_view raw);

}  // namespace nip::message
