#include "router/why_not.hpp"

#include <fmt/format.h>

#include <vector>

#include "cel/arena.hpp"
#include "cel/check.hpp"
#include "cel/parser.hpp"
#include "cel/program.hpp"
#include "cel/source_text.hpp"

namespace nip::router {
namespace {

/// The parts that && joins, in order; the whole when there is no &&.
void collect_conjuncts(const cel::ast& tree, cel::node_id id, std::vector<cel::node_id>& out) {
  const auto& node = tree[id];
  if (node.kind != cel::node_kind::call || node.name != cel::op::logical_and)
    return out.push_back(id);
  for (const auto child : node.children) collect_conjuncts(tree, child, out);
}

struct part {
  std::string text;
  cel::program code;
};

/// The condition cut at its top-level &&; one part when it has none or does not compile.
std::vector<part> parts_of(const std::string& condition, cel::path_table& paths) {
  const auto& env = message_environment();
  std::vector<part> out;
  const auto whole = cel::parse(condition, env.bounds().syntax);
  if (!whole) return out;
  std::vector<cel::node_id> ids;
  collect_conjuncts(*whole, whole->root(), ids);
  for (const auto id : ids) {
    auto tree = cel::parse(condition, env.bounds().syntax);
    tree->set_root(id);
    std::string text = ids.size() == 1 ? condition : cel::to_source(*tree, id);
    auto checked = cel::check(std::move(*tree), env, paths);
    if (!checked) continue;
    auto code = cel::generate(*checked, env);
    if (code) out.push_back({std::move(text), std::move(*code)});
  }
  return out;
}

}  // namespace

std::string why_not(const rule& what, const message::parsed& in,
                    const message_input::filled& filled) {
  if (!what.enabled) return "the rule is disabled";
  cel::path_table paths;
  const auto root = paths.variable("message");
  const auto parts = parts_of(what.when, paths);
  message_input input(paths, root);
  input.bind(in, filled);
  cel::arena memory;
  std::string first_error;
  for (const auto& each : parts) {
    const auto value = each.code.evaluate(input, memory);
    if (value.is_true()) continue;
    if (!value.is_error()) return fmt::format("{} is false", each.text);
    if (first_error.empty())
      first_error = fmt::format("{} is an error: {}", each.text, each.code.describe(value));
  }
  return first_error;
}

}  // namespace nip::router
