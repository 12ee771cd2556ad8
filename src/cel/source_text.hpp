// Writes a part of a tree the way people write it, for messages that name the part.
#pragma once

#include <string>

#include "cel/ast.hpp"

namespace nip::cel {

/// `message.data.amount > 1000`: infix operators, brackets where they are needed, single spaces.
std::string to_source(const ast& tree, node_id id);

}  // namespace nip::cel
