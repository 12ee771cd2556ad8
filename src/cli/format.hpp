// Numbers, times and JSON values as people read them.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace nip::cli {

/// 1234567 → "1,234,567".
std::string with_commas(std::uint64_t number);
/// Messages a second: "0", "12.5", "1,234", "1.2M".
std::string rate_text(double per_second);
/// Nanoseconds with three significant figures: "850ns", "12.3us", "4.56ms", "1.23s".
std::string latency_text(double ns);
/// "512 B", "1.5 KiB", "3.2 GiB".
std::string bytes_text(double bytes);

/// The value at `path` ("a.b.c") as text for a table cell: strings bare, arrays joined by ", ", "-"
/// when absent.
std::string text_at(const nlohmann::json& from, std::string_view path);
/// The number at `path`, or `otherwise`.
double number_at(const nlohmann::json& from, std::string_view path, double otherwise = 0);
/// The value at `path` ("a.b.c"), or null.
const nlohmann::json& value_at(const nlohmann::json& from, std::string_view path);

/// JSON on one line; bytes that are not UTF-8 come out replaced, never as an exception.
std::string compact(const nlohmann::json& value);
/// JSON with two spaces of indentation.
std::string pretty(const nlohmann::json& value);

}  // namespace nip::cli
