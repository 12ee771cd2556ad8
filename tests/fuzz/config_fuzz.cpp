// Any bytes as nip.yaml: loaded or refused with a message, and what loads prints to what loads
// again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "config/load.hpp"
#include "config/print.hpp"

namespace {

std::optional<std::string> variable(std::string_view name) {
  if (name == "SET") return "value: [1]";
  if (name == "EMPTY") return "";
  return std::nullopt;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto read = nip::config::load_text("fuzz.yaml", text, variable);
  if (!read) {
    if (read.error().detail.empty()) std::abort();
    return 0;
  }
  const auto again = nip::config::load_text("again.yaml", nip::config::print(*read), variable);
  if (!again || nip::config::to_json(*again) != nip::config::to_json(*read)) std::abort();
  return 0;
}
