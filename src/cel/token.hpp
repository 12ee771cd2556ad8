// The words of the language.
#pragma once

#include <cstdint>
#include <string_view>

namespace nip::cel {

enum class token_kind : std::uint8_t {
  end,
  identifier,  ///< names and reserved words; the parser tells them apart
  quoted,      ///< `foo-bar`, without its backticks
  integer,     ///< 1, 0x1F
  uinteger,    ///< 1u
  real,        ///< 1.5e3
  string,      ///< with prefix and quotes
  bytes,       ///< the same
  symbol,      ///< operators and punctuation
};

struct token {
  token_kind kind = token_kind::end;
  std::uint32_t position = 0;
  std::string_view text;

  bool is(std::string_view symbol) const { return kind == token_kind::symbol && text == symbol; }
  bool is_word(std::string_view word) const {
    return kind == token_kind::identifier && text == word;
  }
};

/// Words that CEL keeps for host languages: never an identifier, but allowed after a dot.
bool is_reserved(std::string_view word);

}  // namespace nip::cel
