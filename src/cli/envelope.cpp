#include "cli/envelope.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace nip::cli {
namespace {

using ordered = nlohmann::ordered_json;

outcome<ordered> parse_json(std::string_view what, const std::string& text) {
  try {
    return ordered::parse(text);
  } catch (const ordered::parse_error& wrong) {
    std::string_view reason = wrong.what();
    if (const auto colon = reason.find(": "); colon != std::string_view::npos)
      reason.remove_prefix(colon + 2);
    return stop(
        exit_code::usage,
        fmt::format("{} is not JSON at byte {}: {}; mind the shell's quotes: '{{\"a\": 1}}'", what,
                    wrong.byte, reason));
  }
}

}  // namespace

outcome<std::string> build_envelope(const envelope_options& from) {
  if (!from.text && !from.type)
    return stop(exit_code::usage,
                "no message: give an envelope, --type with --data, --file, or lines on stdin");
  ordered envelope = ordered::object();
  if (from.text) {
    NIP_TRY(parsed, parse_json("the message", *from.text));
    if (!parsed.is_object())
      return stop(exit_code::usage, "the message is not a JSON object {\"type\": …}");
    if (!from.type && !from.data && !from.id && !from.key && !from.topic) return *from.text;
    envelope = std::move(parsed);
  }
  if (from.id) envelope["id"] = *from.id;
  if (from.type) envelope["type"] = *from.type;
  if (from.data) {
    NIP_TRY(data, parse_json("--data", *from.data));
    envelope["data"] = std::move(data);
  }
  if (from.key) envelope["metadata"]["ordering_key"] = *from.key;
  if (from.topic) envelope["metadata"]["topic"] = *from.topic;
  return envelope.dump();
}

}  // namespace nip::cli
