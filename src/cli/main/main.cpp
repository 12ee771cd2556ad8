// `nip`: the terminal's side of the broker. Everything else is in the library.
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>

#include "cli/app.hpp"

int main(int count, char** values) {
  std::signal(SIGPIPE, SIG_IGN);  // a reader that closes early (`| head`) is no crash
  nip::cli::streams io{.in = std::cin,
                       .out = std::cout,
                       .err = std::cerr,
                       .in_is_terminal = isatty(STDIN_FILENO) == 1,
                       .out_is_terminal = isatty(STDOUT_FILENO) == 1,
                       .err_is_terminal = isatty(STDERR_FILENO) == 1};
  const auto environment = [](const std::string& name) -> std::optional<std::string> {
    const char* const value = std::getenv(name.c_str());
    return value ? std::optional<std::string>(value) : std::nullopt;
  };
  return nip::cli::run({values + 1, values + count}, environment, io);
}
