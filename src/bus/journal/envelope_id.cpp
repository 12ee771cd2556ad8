#include "bus/journal/envelope_id.hpp"

#include <simdjson.h>

#include <new>

namespace nip::bus::journal {
namespace {

/// How canonical text usually begins.
constexpr std::string_view usual_start = "{\"id\":\"";

}  // namespace

struct envelope_id_reader::parser {
  simdjson::dom::parser json;
};

envelope_id_reader::envelope_id_reader() = default;
envelope_id_reader::envelope_id_reader(envelope_id_reader&&) noexcept = default;
envelope_id_reader::~envelope_id_reader() = default;

std::string_view envelope_id_reader::read(std::string_view envelope) {
  if (envelope.starts_with(usual_start)) {
    std::string_view rest = envelope.substr(usual_start.size());
    const auto end = rest.find_first_of("\"\\");
    if (end != std::string_view::npos && rest[end] == '"') return rest.substr(0, end);
  }
  if (!parser_) parser_ = std::make_unique<parser>();
  std::string_view id;
  // parse() copies the text to have readable bytes behind it.
  const auto wrong = parser_->json.parse(envelope.data(), envelope.size(), true)["id"].get(id);
  if (wrong == simdjson::MEMALLOC) throw std::bad_alloc();
  if (wrong) return {};
  return id;
}

}  // namespace nip::bus::journal
