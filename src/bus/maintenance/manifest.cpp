#include "bus/maintenance/manifest.hpp"

#include <fmt/format.h>

#include <charconv>

#include "bus/journal/byte_buffer.hpp"
#include "bus/journal/checkpoint.hpp"
#include "bus/journal/table.hpp"

namespace nip::bus::maintenance {
namespace {

constexpr std::string_view first_line = "NIP-BACKUP 1\n";
constexpr std::string_view magic = "NIP-BACKUP ";
constexpr std::string_view sum_word = "checksum ";

/// Takes the text up to `end` off the front of `rest`.
std::string_view take(std::string_view& rest, char end) {
  const auto at = rest.find(end);
  const auto taken = rest.substr(0, at);
  rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + 1);
  return taken;
}

template <class T>
bool read_number(std::string_view text, T& into, int base = 10) {
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), into, base);
  return !text.empty() && wrong == std::errc() && end == text.data() + text.size();
}

/// Only names that a backup can have: none leads out of its folder.
bool is_name(std::string_view name) {
  return journal::parse_segment_name(name) || journal::parse_table_name(name) ||
         journal::parse_checkpoint_name(name);
}

bool read_line(std::string_view line, manifest& into) {
  const auto word = take(line, ' ');
  if (word == "journal") return read_number(line, into.journal_id, 16);
  if (word == "next_seq") return read_number(line, into.next_seq);
  if (word == "messages") return read_number(line, into.messages);
  if (word == "damaged") return read_number(line, into.damaged);
  if (word == "made") return read_number(line, into.made.ns);
  if (word == "end") {
    const auto segment = take(line, ' ');
    return read_number(segment, into.end.segment) && read_number(line, into.end.offset);
  }
  if (word != "file") return false;
  auto& made = into.files.emplace_back();
  made.name = take(line, ' ');
  const auto bytes = take(line, ' ');
  return is_name(made.name) && read_number(bytes, made.bytes) &&
         read_number(line, made.checksum, 16);
}

}  // namespace

std::string encode_manifest(const manifest& from) {
  std::string text(first_line);
  auto out = std::back_inserter(text);
  fmt::format_to(out, "journal {:016x}\nend {} {}\nnext_seq {}\nmessages {}\ndamaged {}\nmade {}\n",
                 from.journal_id, from.end.segment, from.end.offset, from.next_seq, from.messages,
                 from.damaged, from.made.ns);
  for (const auto& each : from.files)
    fmt::format_to(out, "file {} {} {:016x}\n", each.name, each.bytes, each.checksum);
  fmt::format_to(out, "{}{:016x}\n", sum_word, journal::checksum(journal::bytes_of(text)));
  return text;
}

result<manifest> decode_manifest(std::string_view text) {
  if (!text.starts_with(magic))
    return fail(errc::corrupt, "the manifest does not start with \"NIP-BACKUP\"");
  const auto sum_at = text.rfind(sum_word);
  std::uint64_t sum = 0;
  auto sum_text = text.substr(std::min(sum_at, text.size()));
  sum_text.remove_prefix(std::min(sum_word.size(), sum_text.size()));
  if (!text.ends_with('\n') || !read_number(take(sum_text, '\n'), sum, 16) || !sum_text.empty() ||
      sum != journal::checksum(journal::bytes_of(text.substr(0, sum_at))))
    return fail(errc::corrupt, "the manifest's checksum does not match");
  if (!text.starts_with(first_line))
    return fail(errc::unsupported, "the manifest is of another version; this one reads version 1");
  manifest found;
  auto rest = text.substr(first_line.size(), sum_at - first_line.size());
  while (!rest.empty()) {
    const auto line = take(rest, '\n');
    if (!read_line(line, found))
      return fail(errc::corrupt, fmt::format("the manifest has a line \"{}\"", line));
  }
  return found;
}

}  // namespace nip::bus::maintenance
