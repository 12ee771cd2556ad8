// A configuration file as a tree whose every node knows the file, line and column it came from.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace nip::config {

/// A file that was read. Shared by the nodes that came out of it.
struct source {
  std::string name;  ///< as messages show it
  std::string text;
};

/// A position in a file, for messages. Lines and columns count from 1; 0 means unknown.
struct place {
  std::shared_ptr<const source> in;
  std::uint32_t line = 0;
  std::uint32_t column = 0;

  /// "nip.yaml:12:3"
  std::string text() const;
};

enum class node_kind : std::uint8_t { null, scalar, list, map };
/// "nothing", "a value", "a list", "a map": for messages.
std::string_view to_string(node_kind kind);

struct member;

/// One value. A plain value.
struct node {
  node_kind kind = node_kind::null;
  std::string text;       ///< of a scalar, `${...}` expanded
  bool quoted = false;    ///< a string by its quotes, whatever it looks like
  bool expanded = false;  ///< a variable was put in
  place at;
  std::vector<node> items;      ///< of a list
  std::vector<member> members;  ///< of a map, in the order of the file; keys are unique

  /// The member's value, or null.
  const node* find(std::string_view key) const;
  node* find(std::string_view key);
};

struct member {
  std::string key;
  place at;  ///< of the key
  node value;
};

/// The value as JSON. Plain scalars become null, booleans and numbers by YAML 1.2's core schema
/// ("yes" is a string); integers that do not fit 64 bits become doubles.
nlohmann::json to_json(const node& value);
/// The same for a scalar that is wanted as a number or a boolean: quotes around a variable do not
/// make a text of it, because in `{...}` they cannot be left out.
nlohmann::json to_typed_json(const node& value);

}  // namespace nip::config
