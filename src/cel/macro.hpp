// The macros: calls that the parser turns into comprehensions or field tests.
#pragma once

#include "base/result.hpp"
#include "cel/ast.hpp"

namespace nip::cel {

/// Rewrites `call` in place when it is one of has, all, exists, exists_one (existsOne), map,
/// filter, or their forms with two variables and transformList, transformMap, transformMapEntry,
/// cel.bind, cel.block, cel.index, cel.iterVar, cel.accuVar, optMap, optFlatMap. A call whose name
/// and shape are no macro's stays as it is. Fails with errc::parse when a variable is not a simple
/// name or has() is not about a field.
status expand_macro(const ast& tree, node& call);

}  // namespace nip::cel
