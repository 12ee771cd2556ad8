// A plugin file of any bytes: the check before dlopen never reads past their end.
#include "plugin/native/elf_check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  static_cast<void>(
      nip::plugin::native::check_elf({reinterpret_cast<const std::byte*>(data), size}));
  return 0;
}
