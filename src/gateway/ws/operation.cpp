#include "gateway/ws/operation.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "base/nearest.hpp"
#include "message/json_parser.hpp"
#include "message/member_cursor.hpp"

namespace nip::gateway::ws {
namespace {

constexpr std::array<std::string_view, 8> verb_names{
    "publish", "request", "subscribe", "unsubscribe", "ack", "nack", "credit", "ping"};
constexpr std::array<std::string_view, 18> key_names{
    "op",       "message", "messages", "ack", "wait", "topic", "filter", "from", "name",
    "overflow", "credit",  "sub",      "n",   "ref",  "upto",  "seqs",   "seq",  "delay"};
constexpr std::size_t ref_bytes_max = 128;
constexpr std::size_t messages_max = 10'000;  ///< of one publish frame
constexpr std::size_t depth_max = 68;         ///< an envelope's 64 and what a frame puts around it

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// Behind the closing quote of the string that begins at `at`.
std::size_t behind_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at)
    if (text[at] == '\\') ++at;
  return at + 1;
}

/// The top-level keys, by depth and the colon behind them.
bool has_top_level_op(std::string_view text) {
  int depth = 0;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    if (c != '"') {
      ++at;
      continue;
    }
    const std::size_t end = behind_string(text, at);
    const bool is_op = depth == 1 && text.substr(at, end - at) == "\"op\"";
    at = end;
    while (is_op && at < text.size() && is_space(text[at])) ++at;
    if (is_op && at < text.size() && text[at] == ':') return true;
  }
  return false;
}

/// One member of the frame: its name, its value, and the value's own text.
struct member {
  std::string_view key;
  simdjson::dom::element value;
  message::raw_member raw;
};

std::unexpected<error> wrong(std::string_view key, std::string_view expected) {
  return fail(errc::invalid_argument, fmt::format("frame key \"{}\": expected {}", key, expected));
}

status read_text(const member& of, std::string_view& into) {
  if (of.value.get(into) != simdjson::SUCCESS) return wrong(of.key, "a string");
  return {};
}

status read_count(const member& of, std::optional<std::uint64_t>& into) {
  std::uint64_t number = 0;
  if (of.value.get(number) != simdjson::SUCCESS) return wrong(of.key, "a whole number from 0");
  into = number;
  return {};
}

status read_message(const member& of, std::string_view& into) {
  if (!of.value.is_object()) return wrong(of.key, "an object");
  into = of.raw.value;
  return {};
}

status read_messages(const member& of, const char* text, operation& into) {
  into.has_messages = true;
  simdjson::dom::array array;
  if (of.value.get(array) != simdjson::SUCCESS) return wrong(of.key, "an array of objects");
  message::member_cursor cursor(text, of.raw.value_index);
  for (const simdjson::dom::element item : array) {
    const auto raw = cursor.next_element();
    if (!item.is_object()) return wrong(of.key, "an array of objects");
    if (into.messages.size() == messages_max)
      return fail(errc::too_large,
                  fmt::format("frame key \"messages\": more than {} entries", messages_max));
    into.messages.push_back(raw.value);
  }
  return {};
}

status read_level(const member& of, std::optional<message::ack_level>& into) {
  std::string_view name;
  NIP_CHECK(read_text(of, name));
  into = message::parse_ack_level(name);
  if (!into) return wrong(of.key, "memory, buffered, fsync or replicated");
  return {};
}

/// Seconds as a number, or a duration as text.
status read_wait(const member& of, std::optional<nanoseconds>& into) {
  constexpr std::string_view expected = "seconds from 0, or a duration as \"5s\"";
  constexpr double seconds_max = 1e6;  // far above every limit, far below an overflow
  double seconds = 0;
  std::string_view text;
  if (of.value.get(seconds) == simdjson::SUCCESS) {
    if (seconds < 0) return wrong(of.key, expected);
    into = nanoseconds(std::llround(std::min(seconds, seconds_max) * 1e9));
    return {};
  }
  if (of.value.get(text) != simdjson::SUCCESS) return wrong(of.key, expected);
  NIP_TRY(parsed, parse_duration(text));
  if (parsed.count() < 0) return wrong(of.key, expected);
  into = parsed;
  return {};
}

status read_seqs(const member& of, operation& into) {
  into.has_seqs = true;
  simdjson::dom::array array;
  if (of.value.get(array) != simdjson::SUCCESS) return wrong(of.key, "an array of whole numbers");
  for (const simdjson::dom::element item : array) {
    std::uint64_t seq = 0;
    if (item.get(seq) != simdjson::SUCCESS) return wrong(of.key, "an array of whole numbers");
    if (into.seqs.size() == messages_max)
      return fail(errc::too_large,
                  fmt::format("frame key \"seqs\": more than {} entries", messages_max));
    into.seqs.push_back(seq);
  }
  return {};
}

status read_ref(const member& of, std::string_view& into) {
  if (!of.value.is_string() && !of.value.is_number()) return wrong(of.key, "a string or a number");
  if (of.raw.value.size() > ref_bytes_max)
    return wrong(of.key, fmt::format("at most {} bytes", ref_bytes_max));
  into = of.raw.value;
  return {};
}

status read_member(const member& of, const char* text, std::string_view& op, operation& into) {
  const std::string_view key = of.key;
  if (key == "op") return read_text(of, op);
  if (key == "message") return read_message(of, into.message);
  if (key == "messages") return read_messages(of, text, into);
  if (key == "ack") return read_level(of, into.level);
  if (key == "wait") return read_wait(of, into.wait);
  if (key == "topic") return read_text(of, into.topic);
  if (key == "filter") return read_text(of, into.filter);
  if (key == "from") {
    into.from = of.raw.value;
    return {};
  }
  if (key == "name") return read_text(of, into.name);
  if (key == "overflow") return read_text(of, into.overflow);
  if (key == "credit") return read_count(of, into.credit);
  if (key == "sub") return read_count(of, into.sub);
  if (key == "n") return read_count(of, into.n);
  if (key == "ref") return read_ref(of, into.ref);
  if (key == "seq") return read_count(of, into.seq);
  if (key == "upto") return read_count(of, into.upto);
  if (key == "seqs") return read_seqs(of, into);
  if (key == "delay") return read_wait(of, into.delay);
  if (std::ranges::find(key_names, key) != key_names.end()) return {};
  return fail(errc::invalid_argument,
              fmt::format("frame has the unknown key \"{}\"{}", key, did_you_mean(key, key_names)));
}

/// Whether the text holds `op"` anywhere. Every published message is asked, and a search by its
/// first byte stops too often: sixteen places are compared at once, and looked at by fours.
bool mentions_op(std::string_view text) {
  using block = signed char __attribute__((vector_size(16)));
  constexpr std::string_view wanted = "op\"";
  constexpr std::size_t reach = sizeof(block) + wanted.size() - 1;
  const auto places_at = [&](std::size_t from) {
    const auto at = [&](std::size_t shift) {
      block out;
      std::memcpy(&out, text.data() + from + shift, sizeof out);
      return out;
    };
    return (at(0) == 'o') & (at(1) == 'p') & (at(2) == '"');
  };
  const auto any = [](block found) {
    std::uint64_t halves[2];
    std::memcpy(halves, &found, sizeof halves);
    return (halves[0] | halves[1]) != 0;
  };
  constexpr std::size_t unit = sizeof(block);
  std::size_t from = 0;
  for (; from + 3 * unit + reach <= text.size(); from += 4 * unit)
    if (any(places_at(from) | places_at(from + unit) | places_at(from + 2 * unit) |
            places_at(from + 3 * unit)))
      return true;
  for (; from + reach <= text.size(); from += unit)
    if (any(places_at(from))) return true;
  return text.substr(from).find(wanted) != std::string_view::npos;
}

}  // namespace

bool is_operation(std::string_view text) { return mentions_op(text) && has_top_level_op(text); }

operation_parser::operation_parser(std::size_t bytes_max)
    : json_(std::make_unique<message::json_parser>("frame", bytes_max, depth_max)) {}
operation_parser::~operation_parser() = default;

result<const operation*> operation_parser::parse(std::string_view text) {
  auto kept = std::move(found_.messages);
  auto kept_seqs = std::move(found_.seqs);
  kept.clear();
  kept_seqs.clear();
  found_ = {};
  found_.messages = std::move(kept);
  found_.seqs = std::move(kept_seqs);
  op_name_ = {};
  const status outcome = read(text);
  meant_to_publish_ = op_name_ == "publish" || op_name_ == "request";
  NIP_CHECK(outcome);
  NIP_CHECK(check());
  return &found_;
}

status operation_parser::read(std::string_view text) {
  NIP_TRY(root, json_->parse(text));
  simdjson::dom::object object;
  if (root.get(object) != simdjson::SUCCESS)
    return fail(errc::parse, "frame: expected one JSON object");
  message::member_cursor cursor(text.data(), json_->structurals());
  status first_fault;
  for (auto at = object.begin(); at != object.end(); ++at) {
    // All of it is read even after a fault: what the frame meant to be may stand behind it.
    status outcome =
        read_member({at.key(), at.value(), cursor.next()}, text.data(), op_name_, found_);
    if (first_fault && !outcome) first_fault = std::move(outcome);
  }
  return first_fault;
}

status operation_parser::check() {
  const auto at = std::ranges::find(verb_names, op_name_);
  if (at == verb_names.end())
    return fail(
        errc::invalid_argument,
        fmt::format("frame key \"op\": unknown operation \"{}\"; known are publish, request, "
                    "subscribe, unsubscribe, ack, nack, credit, ping{}",
                    op_name_, did_you_mean(op_name_, verb_names)));
  found_.op = static_cast<verb>(at - verb_names.begin());
  switch (found_.op) {
    case verb::publish:
      if (found_.message.empty() == !found_.has_messages)
        return fail(errc::invalid_argument, "publish: expected either \"message\" or \"messages\"");
      break;
    case verb::request:
      if (found_.message.empty() || found_.has_messages)
        return fail(errc::invalid_argument, "request: expected one \"message\"");
      break;
    case verb::unsubscribe:
      if (!found_.sub) return fail(errc::invalid_argument, "unsubscribe: \"sub\" is missing");
      break;
    case verb::credit:
      if (!found_.sub || !found_.n)
        return fail(errc::invalid_argument, "credit: expected \"sub\" and \"n\"");
      break;
    case verb::ack:
      if (!found_.sub || found_.upto.has_value() == found_.has_seqs)
        return fail(errc::invalid_argument,
                    "ack: expected \"sub\" and either \"upto\" or \"seqs\"");
      break;
    case verb::nack:
      if (!found_.sub || !found_.seq)
        return fail(errc::invalid_argument, "nack: expected \"sub\" and \"seq\"");
      break;
    case verb::subscribe:
      if (!found_.overflow.empty() && found_.overflow != "gap" && found_.overflow != "cut")
        return fail(errc::invalid_argument, "subscribe: \"overflow\" is gap or cut");
      break;
    default:
      break;
  }
  return {};
}

}  // namespace nip::gateway::ws
