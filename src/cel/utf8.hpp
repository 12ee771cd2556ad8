// Code points of UTF-8 text: CEL counts and indexes strings by them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nip::cel {

constexpr char32_t code_point_last = 0x10FFFF;

/// Whether `text` is well-formed UTF-8 (no surrogates, no overlong forms).
bool is_utf8(std::string_view text) noexcept;
/// Number of code points in well-formed text.
std::size_t code_points(std::string_view text) noexcept;
/// Byte offset of the code point at `index`; the text's size when `index` is their number; nothing
/// beyond that.
std::optional<std::size_t> byte_offset(std::string_view text, std::size_t index) noexcept;
/// Bytes of the code point that starts at `offset` of well-formed text.
std::size_t code_point_bytes(std::string_view text, std::size_t offset) noexcept;
/// The code point that starts at `offset` of well-formed text.
char32_t code_point_at(std::string_view text, std::size_t offset) noexcept;
/// True for a code point that a string may hold: not a surrogate, not past U+10FFFF.
bool is_scalar(char32_t c) noexcept;
void append_utf8(std::string& out, char32_t c);

}  // namespace nip::cel
