#include "message/codec.hpp"

#include <fmt/format.h>

#include "message/envelope_reader.hpp"
#include "message/json_parser.hpp"

namespace nip::message {

struct codec::core {
  explicit core(codec_limits chosen)
      : limits(chosen), parser("envelope", chosen.bytes_max, chosen.depth_max) {}

  codec_limits limits;
  json_parser parser;

  /// Its one named result is built in the caller's place, which saves a copy of all the fields.
  result<parsed> read(std::string_view text, simdjson::dom::object envelope) {
    const std::uint32_t* const structurals = parser.structurals();
    const std::uint32_t close = structurals[parser.structurals_count() - 1];
    result<parsed> out;
    out->text = text.substr(structurals[0], close + 1 - structurals[0]);
    envelope_reader reader(text.data(), structurals, limits, *out);
    if (!reader.read(envelope)) out = std::unexpected(reader.failure());
    return out;
  }
};

codec::codec(codec_limits limits) : core_(std::make_unique<core>(limits)) {}
codec::~codec() = default;

result<parsed> codec::parse(std::string_view text) {
  NIP_TRY(root, core_->parser.parse(text));
  simdjson::dom::object envelope;
  if (root.get(envelope) == simdjson::SUCCESS) return core_->read(text, envelope);
  const std::uint32_t start = core_->parser.structurals()[0];
  return fail(errc::invalid_argument,
              fmt::format("envelope: byte {}: expected a JSON object, got {}", start,
                          describe(root, text.substr(start))));
}

}  // namespace nip::message
