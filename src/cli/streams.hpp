// Where a command reads and writes, so that tests can stand in for the terminal.
#pragma once

#include <istream>
#include <ostream>

namespace nip::cli {

/// References outlive every command. One thread.
struct streams {
  std::istream& in;
  std::ostream& out;  ///< results
  std::ostream& err;  ///< progress and failures
  bool in_is_terminal = false;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
};

}  // namespace nip::cli
