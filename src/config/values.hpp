// How one value of nip.yaml is read, written and described: one small codec for each kind of value.
#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "config/tree.hpp"

namespace nip::config {

/// Parses a size in bytes: "64Mi", "256MiB", "1.5Gi" (powers of 1024), "10M", "10MB" (of 1000),
/// "512". Fails with errc::parse.
result<std::uint64_t> parse_size(std::string_view text);
/// The shortest text that parse_size reads back.
std::string format_size(std::uint64_t bytes);

// A codec has: a `value_type`; schema(), its JSON Schema; read(), which fails with "expected …, got
// …" and leaves `out` alone; write(), the JSON that read() takes.

struct flag_codec {
  using value_type = bool;
  nlohmann::json schema() const;
  status read(const node& from, bool& out) const;
  nlohmann::json write(bool value) const { return value; }
};

struct text_codec {
  using value_type = std::string;
  std::size_t bytes_max = 4096;
  nlohmann::json schema() const;
  status read(const node& from, std::string& out) const;
  nlohmann::json write(const std::string& value) const { return value; }
};

struct path_codec {
  using value_type = std::filesystem::path;
  nlohmann::json schema() const;
  status read(const node& from, std::filesystem::path& out) const;
  nlohmann::json write(const std::filesystem::path& value) const { return value.string(); }
};

/// A list of words; one word alone is a list of one.
struct text_list_codec {
  using value_type = std::vector<std::string>;
  std::size_t items_max = 64;
  nlohmann::json schema() const;
  status read(const node& from, std::vector<std::string>& out) const;
  nlohmann::json write(const std::vector<std::string>& value) const { return value; }
};

/// Listening addresses: "host:port", ":port", "[v6]:port"; one or a list.
struct address_codec : text_list_codec {
  nlohmann::json schema() const;
  status read(const node& from, std::vector<std::string>& out) const;
};

/// A whole number within bounds.
struct count_codec {
  using value_type = std::uint64_t;
  std::uint64_t low = 0;
  std::uint64_t high = UINT32_MAX;
  nlohmann::json schema() const;
  status read(const node& from, std::uint64_t& out) const;
  nlohmann::json write(std::uint64_t value) const { return value; }
};

/// A whole number, or the word "auto", which is 0.
struct auto_count_codec : count_codec {
  nlohmann::json schema() const;
  status read(const node& from, std::uint64_t& out) const;
  nlohmann::json write(std::uint64_t value) const;
};

struct share_codec {  ///< 0 to 1
  using value_type = double;
  nlohmann::json schema() const;
  status read(const node& from, double& out) const;
  nlohmann::json write(double value) const { return value; }
};

/// Bytes, as a number or with a unit.
struct size_codec {
  using value_type = std::uint64_t;
  std::uint64_t low = 0;
  std::uint64_t high = std::uint64_t{1} << 50;
  nlohmann::json schema() const;
  status read(const node& from, std::uint64_t& out) const;
  nlohmann::json write(std::uint64_t value) const;
};

struct duration_codec {
  using value_type = nanoseconds;
  nanoseconds low{0};
  nlohmann::json schema() const;
  status read(const node& from, nanoseconds& out) const;
  nlohmann::json write(nanoseconds value) const { return format_duration(value); }
};

/// Processor share in thousandths of a core: "500m", 2, "1.5"; 0 is none.
struct cpu_codec {
  using value_type = std::uint64_t;
  nlohmann::json schema() const;
  status read(const node& from, std::uint64_t& out) const;
  nlohmann::json write(std::uint64_t value) const;
};

/// One word of a few; the value is its position.
struct choice_codec {
  using value_type = std::size_t;
  std::vector<std::string_view> words;
  choice_codec(std::initializer_list<std::string_view> names) : words(names) {}
  nlohmann::json schema() const;
  status read(const node& from, std::size_t& out) const;
  nlohmann::json write(std::size_t value) const { return words.at(value); }
};

/// "expected WHAT, got WHAT IT IS" as a failure.
std::unexpected<error> fail_expected(std::string_view expected, const node& got);

}  // namespace nip::config
