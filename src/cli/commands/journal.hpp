// What the parts of `nip journal` share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "cli/session.hpp"

namespace nip::cli {

struct inspect_options {
  std::string path;
  std::uint64_t segment = 0;  ///< 0: all
  std::size_t records = 0;    ///< 0: segments, not records
};
outcome<exit_code> inspect_journal(session& now, const inspect_options& chosen);

/// A journal is read with one descriptor a segment.
void raise_descriptor_limit();

}  // namespace nip::cli
