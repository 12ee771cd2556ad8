// The error messages of envelope_reader, away from the code that runs for every message.
#include <fmt/format.h>

#include <array>

#include "base/nearest.hpp"
#include "message/envelope_reader.hpp"
#include "message/json_fault.hpp"

namespace nip::message {
namespace {

constexpr std::array<std::string_view, 7> envelope_keys{
    "id", "type", "timestamp", "correlation_id", "source", "data", "metadata"};
constexpr std::array<std::string_view, 14> metadata_keys{
    "priority",    "retry_count", "deadline",        "tenant",   "ordering_key",
    "traceparent", "topic",       "idempotency_key", "reply_to", "causation_id",
    "hops",        "mandatory",   "deliver_at",      "delay"};
/// How much of an offending value or key an error message repeats.
constexpr std::size_t shown_bytes_max = 48;

std::string shown(std::string_view text) {
  if (text.size() <= shown_bytes_max) return std::string(text);
  std::size_t end = shown_bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
  return std::string(text.substr(0, end)) + "...";
}

error make(std::string detail, std::source_location where = std::source_location::current()) {
  return {errc::invalid_argument, std::move(detail), where};
}

}  // namespace

std::string describe(simdjson::dom::element value, std::string_view raw) {
  using simdjson::dom::element_type;
  switch (value.type()) {
    case element_type::STRING:
      return "string " + shown(raw);
    case element_type::BOOL:
      return "boolean " + std::string(raw);
    case element_type::NULL_VALUE:
      return "null";
    case element_type::ARRAY:
      return "an array";
    case element_type::OBJECT:
      return "an object";
    default:
      return "number " + shown(raw);
  }
}

bool envelope_reader::refuse(const entry& e, std::string_view what) {
  failure_ = make(fmt::format("envelope: key \"{}{}\" at byte {}: {}",
                              e.in_metadata ? "metadata." : "", e.key, e.raw.key_at, what));
  return false;
}

bool envelope_reader::refuse_type(const entry& e, std::string_view expected) {
  return refuse(e, fmt::format("expected {}, got {}", expected, describe(e.value, e.raw.value)));
}

bool envelope_reader::refuse_unknown(const entry& e) {
  const std::string_view close = nearest(e.key, envelope_keys);
  std::string advice = "put keys of your own under \"metadata\"";
  if (!close.empty()) {
    advice = fmt::format("did you mean \"{}\"? Keys of your own go under \"metadata\"", close);
  } else if (nearest(e.key, metadata_keys) == e.key) {
    advice = fmt::format("it belongs under \"metadata\"");
  }
  failure_ = make(fmt::format("envelope: unknown key \"{}\" at byte {}; {}", shown(e.key),
                              e.raw.key_at, advice));
  return false;
}

bool envelope_reader::refuse_depth() {
  const std::string_view text = out_.text;
  // Brackets only: an empty container at the deepest level is counted here and not by the parser.
  const auto fault = find_json_fault(text, limits_.depth_max);
  failure_ = make(fmt::format("envelope: byte {}: nested deeper than {} levels; flatten \"data\"",
                              structurals_[0] + (fault ? fault->at : 0), limits_.depth_max));
  return false;
}

bool envelope_reader::refuse_missing_type() {
  failure_ = make(
      "envelope: key \"type\" is missing; every message says what it is, for example "
      "\"type\":\"order.created\"");
  return false;
}

}  // namespace nip::message
