#include "message/topic.hpp"

namespace nip::message {
namespace {

/// Cuts the first word off; `more` says whether a dot followed it.
std::string_view take_word(std::string_view& rest, bool& more) noexcept {
  const std::size_t dot = rest.find('.');
  const std::string_view word = rest.substr(0, dot);
  more = dot != std::string_view::npos;
  rest.remove_prefix(more ? dot + 1 : rest.size());
  return word;
}

bool is_word(std::string_view word) noexcept {
  for (const char c : word) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7f || c == '*' || c == '>') return false;
  }
  return !word.empty();
}

bool is_dotted(std::string_view name, bool wildcards) noexcept {
  if (name.size() > topic_bytes_max) return false;
  for (bool more = true; more;) {
    const std::string_view word = take_word(name, more);
    const bool wild = wildcards && (word == "*" || (word == ">" && !more));
    if (!wild && !is_word(word)) return false;
  }
  return true;
}

}  // namespace

bool is_topic(std::string_view name) noexcept { return is_dotted(name, false); }

bool is_topic_pattern(std::string_view pattern) noexcept { return is_dotted(pattern, true); }

bool topic_matches(std::string_view pattern, std::string_view topic) noexcept {
  bool more_pattern = true;
  bool more_topic = true;
  while (more_pattern && more_topic) {
    const std::string_view wanted = take_word(pattern, more_pattern);
    if (wanted == ">") return true;
    const std::string_view word = take_word(topic, more_topic);
    if (wanted != "*" && wanted != word) return false;
  }
  return more_pattern == more_topic;
}

}  // namespace nip::message
