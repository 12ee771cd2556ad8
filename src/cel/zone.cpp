#include "cel/zone.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

#include "cel/posix_zone.hpp"

namespace nip::cel {

namespace {

constexpr std::string_view database = "/usr/share/zoneinfo/";
constexpr std::size_t name_bytes_max = 64;
constexpr std::size_t file_bytes_max = std::size_t{64} << 10;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// [+-]HH:MM
std::optional<std::int64_t> fixed_offset(std::string_view text) {
  const bool west = text.starts_with('-');
  if (west || text.starts_with('+')) text.remove_prefix(1);
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  for (const std::size_t i : {0U, 1U, 3U, 4U}) {
    if (!is_digit(text[i])) return std::nullopt;
  }
  const int hours = (text[0] - '0') * 10 + (text[1] - '0');
  const int minutes = (text[3] - '0') * 10 + (text[4] - '0');
  if (hours > 23 || minutes > 59) return std::nullopt;
  return (west ? -1 : 1) * (hours * 3600 + minutes * 60);
}

// A name that stays below the database's folder.
bool is_zone_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' ||
           c == '-' || c == '+' || c == '/';
  };
  return !name.empty() && name.size() <= name_bytes_max && name[0] != '/' &&
         std::ranges::all_of(name, fits);
}

// A compiled zone file, as RFC 8536 lays it out.
class zone_file {
 public:
  explicit zone_file(std::string bytes) : bytes_(std::move(bytes)) {}

  std::optional<std::int64_t> offset_at(std::int64_t when) const {
    constexpr std::size_t header_bytes = 44;
    if (bytes_.size() < header_bytes || !bytes_.starts_with("TZif") || bytes_[4] < '2') {
      return std::nullopt;
    }
    // The first block has 32-bit times for readers of version 1; the second is the one to read.
    const header old = read_header(0);
    const std::size_t second = header_bytes + old.times * 5 + old.types * 6 + old.letters +
                               old.leaps * 8 + old.standard + old.universal;
    if (second + header_bytes > bytes_.size()) return std::nullopt;
    const header h = read_header(second);
    const std::size_t times = second + header_bytes;
    const std::size_t indices = times + h.times * 8;
    const std::size_t types = indices + h.times;
    const std::size_t footer =
        types + h.types * 6 + h.letters + h.leaps * 12 + h.standard + h.universal;
    if (footer > bytes_.size() || h.types == 0) return std::nullopt;
    std::size_t after = 0;  // transitions that have happened
    while (after < h.times && signed_at(times + after * 8, 8) <= when) ++after;
    if (after == h.times && footer + 2 < bytes_.size()) {
      const auto end = bytes_.find('\n', footer + 1);
      if (end == std::string::npos) return std::nullopt;
      return posix_offset(std::string_view(bytes_).substr(footer + 1, end - footer - 1), when);
    }
    const std::size_t type =
        after == 0 ? 0 : static_cast<unsigned char>(bytes_[indices + after - 1]);
    if (type >= h.types) return std::nullopt;
    return signed_at(types + type * 6, 4);
  }

 private:
  struct header {
    std::size_t universal, standard, leaps, times, types, letters;
  };

  std::int64_t signed_at(std::size_t at, std::size_t bytes) const {
    std::uint64_t bits = (bytes_[at] & 0x80) != 0 ? ~std::uint64_t{0} : 0;
    for (std::size_t i = 0; i < bytes; ++i) {
      bits = bits << 8 | static_cast<unsigned char>(bytes_[at + i]);
    }
    return static_cast<std::int64_t>(bits);
  }
  header read_header(std::size_t at) const {
    const auto count = [&](std::size_t n) {
      const auto number = static_cast<std::size_t>(signed_at(at + 20 + n * 4, 4));
      return std::min(number, file_bytes_max);
    };
    return {count(0), count(1), count(2), count(3), count(4), count(5)};
  }

  std::string bytes_;
};

std::optional<zone_file> load(std::string_view name) {
  std::ifstream file(std::string(database) + std::string(name), std::ios::binary);
  if (!file) return std::nullopt;
  std::string bytes(file_bytes_max, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  return zone_file(std::move(bytes));
}

}  // namespace

std::optional<std::int64_t> utc_offset(std::string_view zone, std::int64_t unix_seconds) noexcept {
  if (zone == "UTC" || zone == "Z") return 0;
  if (const auto fixed = fixed_offset(zone)) return fixed;
  if (!is_zone_name(zone)) return std::nullopt;
  const auto file = load(zone);
  return file ? file->offset_at(unix_seconds) : std::nullopt;
}

}  // namespace nip::cel
