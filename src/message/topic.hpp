// Topic names and subscription patterns: "orders.eu.big" against "orders.*.>".
#pragma once

#include <cstddef>
#include <string_view>

namespace nip::message {

constexpr std::size_t topic_bytes_max = 256;

/// True for dotted words: no empty word, no space or control character, no `*` and no `>`, at most
/// topic_bytes_max bytes. "orders", "orders.eu.big".
bool is_topic(std::string_view name) noexcept;

/// True for a topic in which a whole word may be `*` (any one word) and the last one `>` (all the
/// rest, at least one word).
bool is_topic_pattern(std::string_view pattern) noexcept;

/// Whether a valid pattern covers a valid topic. Linear in the shorter of both.
bool topic_matches(std::string_view pattern, std::string_view topic) noexcept;

}  // namespace nip::message
