// Values as text: JSON for programs, CEL literals for people.
#pragma once

#include <string>

#include "cel/value.hpp"

namespace nip::cel {

/// Appends plain JSON: bytes as base64, timestamps as RFC 3339, durations as "1.5s", NaN and
/// infinities as strings, map keys as strings, an error as {"error": text}.
void append_json(std::string& out, const value& v);

/// Appends the value as a CEL expression that yields it: `[1u, "a", timestamp("...")]`.
void append_literal(std::string& out, const value& v);

inline std::string to_json(const value& v) {
  std::string out;
  append_json(out, v);
  return out;
}
inline std::string to_literal(const value& v) {
  std::string out;
  append_literal(out, v);
  return out;
}

/// A double as CEL's string() shows it: shortest that reads back, no exponent between 1e-6 and
/// 1e21.
void append_real(std::string& out, double number);

}  // namespace nip::cel
