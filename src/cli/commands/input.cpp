#include "cli/commands/input.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iterator>

namespace nip::cli {
namespace {

std::string slurp(std::istream& from) {
  return {std::istreambuf_iterator<char>(from), std::istreambuf_iterator<char>()};
}

}  // namespace

outcome<std::string> read_text(session& now, const std::string& source, std::string_view what) {
  if (source == "-") return slurp(now.io().in);
  if (source.starts_with('{') || source.starts_with('[') || source.starts_with('"')) return source;
  std::ifstream file(source);
  if (!file)
    return stop(exit_code::usage,
                fmt::format("{}: cannot read \"{}\"; give a file, JSON text, or - for stdin", what,
                            source));
  return slurp(file);
}

outcome<nlohmann::json> read_json(session& now, const std::string& source, std::string_view what) {
  NIP_TRY(text, read_text(now, source, what));
  try {
    return nlohmann::json::parse(text);
  } catch (const nlohmann::json::parse_error& wrong) {
    return stop(exit_code::usage,
                fmt::format("{} is not JSON at byte {}: {}", what, wrong.byte, wrong.what()));
  }
}

}  // namespace nip::cli
