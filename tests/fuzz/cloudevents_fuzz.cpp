// Any bytes as a CloudEvent of each form: refused with a reason, or an envelope that goes round
// unchanged.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "message/cloudevents.hpp"
#include "message/cloudevents_names.hpp"

namespace nip::message {
namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

struct round_trip {
  cloudevents_reader reader;
  cloudevents_writer writer;
  codec parser;
  buffer_pool pool;

  /// The message of an envelope that the reader made; null when the codec has a reason against it.
  message_ptr message_of(std::string text) {
    const std::size_t size = text.size();
    text.append(message::padding, ' ');
    const auto envelope = parser.parse(std::string_view(text).substr(0, size));
    if (!envelope) {
      // The reader never makes text that is not JSON, nor keys that the envelope does not have.
      require(envelope.error().code != errc::parse);
      require(envelope.error().detail.find("unknown key") == std::string::npos);
      return {};
    }
    return make_message(pool, *envelope, {default_tenant, wall_time{}, "none", {}});
  }

  std::string written(const message& m) {
    std::string out;
    writer.append_structured(out, m);
    return out;
  }

  void check(const result<std::string>& envelope) {
    if (!envelope) return require(!envelope.error().detail.empty());
    const message_ptr first = message_of(*envelope);
    if (!first) return;
    const std::string event = written(*first);
    const auto again = reader.structured(event);
    require(again.has_value());
    const message_ptr second = message_of(*again);
    require(second != nullptr);
    require(written(*second) == event);
    const binary_event parts = writer.binary(*second);
    std::vector<header> headers;
    for (const auto& [name, value] : parts.headers) headers.push_back({name, value});
    const auto third = reader.binary(headers, parts.content_type, parts.body);
    // Only bytes that call themselves JSON, and are not, are refused.
    require(third.has_value() || is_json_type(parts.content_type));
  }
};

/// Lines of "name: value", a blank line, and the body.
void check_binary(round_trip& t, std::string_view text) {
  std::vector<header> headers;
  std::string_view content_type;
  while (!text.empty() && text.front() != '\n') {
    const std::string_view line = text.substr(0, text.find('\n'));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) break;
    headers.push_back({line.substr(0, colon), line.substr(colon + 1)});
    if (headers.back().name == "content-type") content_type = headers.back().value;
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  t.check(t.reader.binary(headers, content_type, text));
}

}  // namespace
}  // namespace nip::message

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace nip::message;
  static round_trip t;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  switch (bytes[0] % 3) {
    case 0:
      t.check(t.reader.structured(text));
      break;
    case 1:
      check_binary(t, text);
      break;
    default:
      if (const auto entries = t.reader.batch(text))
        for (const auto& entry : *entries) t.check(entry);
  }
  return 0;
}
