#include "late_library.hpp"

#include <dlfcn.h>

#include <stdexcept>

namespace http_plugin {

namespace {

std::string linker_words() {
  const char* text = ::dlerror();
  return text != nullptr ? text : "no reason given";
}

}  // namespace

late_library::late_library(const char* file, const char* package)
    : file_(file), package_(package), handle_(::dlopen(file, RTLD_NOW | RTLD_LOCAL)) {
  if (handle_ == nullptr)
    throw std::runtime_error(linker_words() + "; the http plugin needs " + file_ +
                             ": install the package " + package_);
}

void* late_library::symbol(const char* name) const {
  void* found = ::dlsym(handle_, name);
  if (found == nullptr)
    throw std::runtime_error(linker_words() + "; the http plugin was built for a newer " + file_ +
                             ": update the package " + package_);
  return found;
}

}  // namespace http_plugin
