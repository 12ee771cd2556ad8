// A shared library that is opened when something needs it, instead of when this plugin is loaded.
#pragma once

#include <string>

namespace http_plugin {

/// nipd loads every plugin file to see what it holds, most of them for nothing. What is linked
/// comes along with that: libcurl and its own libraries are some thirty files and 5 MiB. Opened
/// late they cost only those who send. Stays open for the life of the process, since libraries
/// leave code behind (thread-local destructors, atexit); opening it again is free. Any thread.
class late_library {
 public:
  /// Throws std::runtime_error: which file, the linker's words, the package to install.
  late_library(const char* file, const char* package);

  /// Sets `into` to a function of the library. Throws std::runtime_error when it has none of that
  /// name.
  template <class Function>
  void find(Function*& into, const char* name) const {
    into = reinterpret_cast<Function*>(symbol(name));
  }

 private:
  void* symbol(const char* name) const;

  const char* file_;
  const char* package_;
  void* handle_;
};

}  // namespace http_plugin
