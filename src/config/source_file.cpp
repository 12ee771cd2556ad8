#include "config/source_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <fstream>
#include <iterator>

#include "config/yaml_reader.hpp"

namespace nip::config {

result<std::shared_ptr<const source>> read_source(const std::filesystem::path& file) {
  const std::string name = file.string();
  std::error_code failed;
  const auto kind = std::filesystem::status(file, failed).type();
  if (kind == std::filesystem::file_type::not_found)
    return fail(errc::not_found, fmt::format("no configuration file {}", name));
  if (kind == std::filesystem::file_type::directory)
    return fail(errc::io, fmt::format("{} is a folder, not a configuration file", name));
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail_errno(errno, "cannot read " + name);
  std::string text;
  constexpr std::size_t chunk = std::size_t{1} << 16;
  while (in && text.size() <= file_bytes_max) {
    const std::size_t before = text.size();
    text.resize(before + chunk);
    in.read(text.data() + before, static_cast<std::streamsize>(chunk));
    text.resize(before + static_cast<std::size_t>(in.gcount()));
  }
  if (in.bad()) return fail(errc::io, "cannot read " + name);
  return std::make_shared<const source>(source{name, std::move(text)});
}

}  // namespace nip::config
