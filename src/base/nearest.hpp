// The known word that a mistyped one is closest to, for "did you mean".
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace nip {

/// Words longer than this are not compared: nobody mistypes a word of that length by a letter or
/// two.
constexpr std::size_t nearest_bytes_max = 64;

/// Edits (insert, delete, replace, swap of neighbours; ASCII case ignored) that turn `from` into
/// `to`, by the optimal string alignment distance; `bound + 1` as soon as it must be more than
/// `bound`.
std::size_t edit_distance(std::string_view from, std::string_view to, std::size_t bound) noexcept;

/// The closest of `known`, the first of equals; empty when none is within a third of the word's
/// length (at least one edit, at most three). The view is one of `known`.
std::string_view nearest(std::string_view word, std::span<const std::string_view> known) noexcept;

/// `; did you mean "WORD"?` or nothing, to end an error message with.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> known);

}  // namespace nip
