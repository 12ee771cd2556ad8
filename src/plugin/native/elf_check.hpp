// Whether bytes are a whole shared library for this machine: the dynamic linker itself does not
// check.
#pragma once

#include <cstddef>
#include <span>

#include "base/result.hpp"

namespace nip::plugin::native {

/// Checks the ELF header and that every segment and the section table lie inside `file`: mapping a
/// truncated library would end the process by SIGBUS. Fails with errc::unsupported (not for this
/// machine) or errc::corrupt; the detail says what was expected.
status check_elf(std::span<const std::byte> file);

}  // namespace nip::plugin::native
