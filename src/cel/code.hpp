// The compiled form: instructions in one vector, children before parents, and the tables they
// index.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cel/arena.hpp"
#include "cel/cost.hpp"
#include "cel/functions.hpp"
#include "cel/path.hpp"
#include "cel/regex.hpp"
#include "cel/type.hpp"
#include "cel/value.hpp"

namespace nip::cel {

enum class opcode : std::uint8_t {
  constant,       ///< constants[a]
  path,           ///< the input's value at path a
  local,          ///< local slot a
  has_path,       ///< whether path a is there; the operand is the path that would hold it
  optional_path,  ///< an optional of path a, of nothing when it is not there; the operand as above
  select,         ///< operand . constants[a]
  has_field,      ///< whether operand has constants[a]
  compare,        ///< two operands, by `detail`
  compare_path,   ///< path a with constants[first], by `detail`: most of what rules are made of
  both,           ///< && over the operands
  any,            ///< || over the operands
  negation,       ///< ! of a boolean operand
  conditional,    ///< three operands
  call,           ///< functions[a] of the operands
  matches,        ///< patterns[a] in the operand
  either,         ///< functions[a] of two operands, the second only when the first holds nothing
  list,           ///< the operands in a row; see `optional_entries`
  map,            ///< the operands as key, value, key, value; see `optional_entries`
  loop,           ///< a macro (`detail`) over its range and bodies; see loop_kind
  failure,        ///< the error constants[a]
};

/// A loop's operands are the range and the bodies (of a block: the values and the body); after them
/// stands the number of instructions in the bodies, which is what one round costs. `a` is the slot
/// of the first variable.
enum class loop_kind : std::uint8_t {
  all,
  exists,
  exists_one,
  map,
  filter,
  transform_map,
  transform_map_entry,
  bind,
  block,
  opt_map,
  opt_flat_map,
};
/// Added to a loop's `detail` when it has two variables.
constexpr std::uint8_t two_variables = 0x80;

/// The `detail` of a list or map some of whose entries are optional: after the operands stands a 1
/// for each entry that was written with `?`, else a 0.
constexpr std::uint8_t optional_entries = 1;
/// The `detail` of `either`: what the first operand holds is wanted, not the operand.
constexpr std::uint8_t held_wanted = 1;

struct instruction {
  opcode op = opcode::constant;
  std::uint8_t detail = 0;
  std::uint16_t count = 0;  ///< number of operands; a source of 64 KiB cannot name more
  std::uint32_t first = 0;  ///< of the operands, in code::operands
  std::uint32_t a = 0;
  std::uint32_t position = 0;  ///< byte offset in the source
};
static_assert(sizeof(instruction) == 16);

/// Everything a program needs to run. Immutable once generated.
struct code {
  std::vector<instruction> instructions;
  std::vector<std::uint32_t> operands;  ///< places in `instructions`
  std::vector<value> constants;
  std::vector<implementation> functions;
  std::vector<regex> patterns;
  std::vector<path_id> paths;  ///< that it may ask for, ascending
  std::uint32_t slots = 0;
  std::uint64_t cost_max = 0;
  cost_range estimated;
  arena texts;  ///< what `constants` point to
  std::string source;
  type result;

  std::uint32_t root() const { return static_cast<std::uint32_t>(instructions.size() - 1); }
};

}  // namespace nip::cel
