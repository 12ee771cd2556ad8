#include "cli/session.hpp"

#include "cli/format.hpp"

namespace nip::cli {

outcome<http_client> session::connect() const {
  NIP_TRY(address, server());
  return http_client(std::move(address), timeout());
}

void session::print_json(const nlohmann::json& value) {
  out() << (json() ? compact(value) : pretty(value)) << '\n';
}

void session::say(std::string_view line) {
  if (!json()) out() << line << '\n';
}

}  // namespace nip::cli
