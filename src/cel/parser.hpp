// Source text to syntax tree: the whole grammar of CEL, with its macros expanded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/result.hpp"
#include "cel/ast.hpp"

namespace nip::cel {

/// What one expression may be.
struct syntax_limits {
  std::size_t source_bytes_max = std::size_t{64} << 10;
  /// Levels of the tree; also bounds the stack of every later pass.
  std::uint32_t nesting_max = 200;
};

/// Parses one expression. Fails with errc::parse on bad syntax and errc::too_large past a limit;
/// the detail shows the place.
result<ast> parse(std::string_view source, const syntax_limits& limits = {});

}  // namespace nip::cel
