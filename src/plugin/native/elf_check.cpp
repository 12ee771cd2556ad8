#include "plugin/native/elf_check.hpp"

#include <elf.h>
#include <fmt/format.h>

#include <cstring>

namespace nip::plugin::native {

namespace {

#if defined(__x86_64__)
constexpr unsigned machine_here = EM_X86_64;
#elif defined(__aarch64__)
constexpr unsigned machine_here = EM_AARCH64;
#else
#error "native plugins need to know the ELF machine number of this architecture"
#endif

template <class T>
T read(std::span<const std::byte> file, std::size_t at) {
  T value;
  std::memcpy(&value, file.data() + at, sizeof value);
  return value;
}

bool inside(std::span<const std::byte> file, std::uint64_t offset, std::uint64_t size) {
  return offset <= file.size() && size <= file.size() - offset;
}

std::unexpected<error> truncated(std::string_view part, std::size_t size) {
  return fail(errc::corrupt,
              fmt::format("truncated: its {} reaches past the end of its {} bytes; was it "
                          "still being copied? Write to a hidden name, then rename",
                          part, size));
}

status check_header(std::span<const std::byte> file) {
  if (file.size() < SELFMAG || std::memcmp(file.data(), ELFMAG, SELFMAG) != 0)
    return fail(errc::corrupt, "not a shared library: it does not start with the ELF mark");
  if (file.size() < sizeof(Elf64_Ehdr)) return truncated("header", file.size());
  const auto header = read<Elf64_Ehdr>(file, 0);
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB)
    return fail(errc::unsupported,
                "not a 64-bit little-endian library; rebuild it for this machine");
  if (header.e_machine != machine_here)
    return fail(errc::unsupported,
                fmt::format("built for ELF machine {}, this is {}; rebuild it here",
                            header.e_machine, machine_here));
  if (header.e_type != ET_DYN)
    return fail(errc::corrupt,
                fmt::format("ELF type {} is no shared library ({}); link it with -shared",
                            header.e_type, ET_DYN));
  return {};
}

}  // namespace

status check_elf(std::span<const std::byte> file) {
  NIP_CHECK(check_header(file));
  const auto header = read<Elf64_Ehdr>(file, 0);
  if (header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phnum == 0)
    return fail(errc::corrupt, "no program headers that this machine can read");
  if (!inside(file, header.e_phoff, std::uint64_t{header.e_phnum} * sizeof(Elf64_Phdr)))
    return truncated("program header table", file.size());
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    const auto segment = read<Elf64_Phdr>(file, header.e_phoff + i * sizeof(Elf64_Phdr));
    if (!inside(file, segment.p_offset, segment.p_filesz)) return truncated("segment", file.size());
  }
  if (header.e_shoff != 0 &&
      !inside(file, header.e_shoff, std::uint64_t{header.e_shnum} * header.e_shentsize))
    return truncated("section table", file.size());
  return {};
}

}  // namespace nip::plugin::native
