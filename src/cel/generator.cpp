// Checked tree to compiled form: fuses, folds what is constant, compiles patterns.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "cel/code.hpp"
#include "cel/diagnostic.hpp"
#include "cel/evaluator.hpp"
#include "cel/program.hpp"

namespace nip::cel {

namespace {

// What folding one constant call may cost; more is left to the evaluation.
constexpr std::uint64_t folding_cost_max = 1000;

constexpr std::array<std::pair<std::string_view, comparison>, 6> comparisons = {
    {{op::equal, comparison::equal},
     {op::not_equal, comparison::not_equal},
     {op::less, comparison::less},
     {op::less_equal, comparison::less_equal},
     {op::greater, comparison::greater},
     {op::greater_equal, comparison::greater_equal}}};

constexpr std::array<std::pair<std::string_view, loop_kind>, 12> loops = {
    {{"all", loop_kind::all},
     {"exists", loop_kind::exists},
     {"exists_one", loop_kind::exists_one},
     {"map", loop_kind::map},
     {"filter", loop_kind::filter},
     {"transformList", loop_kind::map},
     {"transformMap", loop_kind::transform_map},
     {"transformMapEntry", loop_kind::transform_map_entry},
     {"cel.bind", loop_kind::bind},
     {"cel.block", loop_kind::block},
     {"optMap", loop_kind::opt_map},
     {"optFlatMap", loop_kind::opt_flat_map}}};

template <class Table>
auto lookup(const Table& table, std::string_view name) -> std::optional<decltype(table[0].second)> {
  for (const auto& [known, meaning] : table) {
    if (known == name) return meaning;
  }
  return std::nullopt;
}

// a < b is b > a.
comparison mirrored(comparison by) {
  switch (by) {
    case comparison::less:
      return comparison::greater;
    case comparison::less_equal:
      return comparison::greater_equal;
    case comparison::greater:
      return comparison::less;
    case comparison::greater_equal:
      return comparison::less_equal;
    default:
      return by;
  }
}

// Folding asks for no paths.
class no_input final : public input {
 public:
  using input::input;

 protected:
  value resolve(const path&) noexcept override { return value::failure(eval_errc::unbound); }
};

class generator {
 public:
  generator(const checked_ast& checked, const environment& env) : in_(checked), env_(env) {}

  result<program> run() {
    out_->source = in_.tree.source();
    out_->slots = in_.slots;
    out_->cost_max = folding_cost_max;
    out_->result = in_.result_type();
    NIP_CHECK(visit(in_.tree.root()));
    out_->cost_max = env_.bounds().cost_max;
    out_->estimated = estimate_cost(*out_);
    if (out_->estimated.least > out_->cost_max) return too_expensive();
    std::ranges::sort(out_->paths);
    const auto twice = std::ranges::unique(out_->paths);
    out_->paths.erase(twice.begin(), twice.end());
    return program(std::move(out_));
  }

 private:
  std::unexpected<error> too_expensive() const {
    const std::uint32_t position = in_.tree[in_.tree.root()].position;
    return compile_failure(errc::too_large, in_.tree.source(), position,
                           fmt::format("costs at least {} units; at most {} are allowed",
                                       out_->estimated.least, out_->cost_max));
  }

  // Each leaves the node's instruction as the last one.
  status visit(node_id id);
  status visit_select(node_id id);
  status visit_call(node_id id);
  status visit_comparison(node_id id, comparison by);
  status visit_matches(node_id id);
  status visit_comprehension(node_id id);
  status visit_children(const node& n, std::size_t from, std::vector<std::uint32_t>& places);

  void emit(instruction made) { out_->instructions.push_back(made); }
  void emit_operation(instruction made, const std::vector<std::uint32_t>& places);
  void emit_constant(const value& v, std::uint32_t position) {
    emit({.op = opcode::constant, .a = constant(v), .position = position});
  }
  void emit_path(opcode op, path_id id, std::uint32_t position) {
    out_->paths.push_back(id);
    emit({.op = op, .a = id, .position = position});
  }
  // A path whose absence is told from that of what would hold it.
  void emit_held_path(opcode op, node_id id) {
    const path_id holder = in_.info[in_.tree[id].children[0]].path;
    emit_path(op, in_.info[id].path, in_.tree[id].position);
    out_->paths.push_back(holder);
    out_->instructions.back().first = static_cast<std::uint32_t>(out_->operands.size());
    out_->operands.push_back(holder);
  }
  void emit_failure(eval_errc code, std::string_view detail, std::uint32_t position) {
    const value error = value::failure(code, out_->texts.copy(detail));
    emit({.op = opcode::failure, .a = constant(error), .position = position});
  }
  std::uint32_t constant(const value& v) {
    out_->constants.push_back(v);
    return static_cast<std::uint32_t>(out_->constants.size() - 1);
  }
  std::uint32_t last() const { return out_->root(); }
  bool is_constant(std::uint32_t at) const { return out_->instructions[at].op == opcode::constant; }
  value kept(const value& literal);
  void fold(std::uint32_t first_child, const std::vector<std::uint32_t>& places);

  const checked_ast& in_;
  const environment& env_;
  std::shared_ptr<code> out_ = std::make_shared<code>();
  path_table no_paths_;
  no_input nothing_{no_paths_};
};

value generator::kept(const value& literal) {
  if (literal.is(value_kind::string)) return value::string(out_->texts.copy(literal.as_view()));
  if (literal.is(value_kind::bytes)) return value::bytes(out_->texts.copy(literal.as_view()));
  return literal;
}

status generator::visit(node_id id) {
  const node& n = in_.tree[id];
  const node_info& info = in_.info[id];
  switch (n.kind) {
    case node_kind::literal:
      emit_constant(kept(n.literal), n.position);
      return {};
    case node_kind::identifier:
    case node_kind::select:
      return visit_select(id);
    case node_kind::call:
      if (info.refers == reference::path) {
        emit_path(opcode::path, info.path, n.position);
        return {};
      }
      if (n.name == op::optional_select && info.path != no_path) {
        emit_held_path(opcode::optional_path, id);
        return {};
      }
      return visit_call(id);
    case node_kind::comprehension:
      return visit_comprehension(id);
    default:
      break;
  }
  std::vector<std::uint32_t> places;
  const std::uint32_t first = static_cast<std::uint32_t>(out_->instructions.size());
  NIP_CHECK(visit_children(n, 0, places));
  emit_operation({.op = n.kind == node_kind::map ? opcode::map : opcode::list,
                  .detail = n.optional_entries.empty() ? std::uint8_t{0} : optional_entries,
                  .position = n.position},
                 places);
  for (const bool optional : n.optional_entries) out_->operands.push_back(optional ? 1 : 0);
  fold(first, places);
  return {};
}

// Names, fields and has().
status generator::visit_select(node_id id) {
  const node& n = in_.tree[id];
  const node_info& info = in_.info[id];
  switch (info.refers) {
    case reference::path: {
      if (n.test_only) {
        emit_held_path(opcode::has_path, id);
      } else {
        emit_path(opcode::path, info.path, n.position);
      }
      return {};
    }
    case reference::local:
      emit({.op = opcode::local, .a = info.slot, .position = n.position});
      return {};
    case reference::type_name:
      emit_constant(value::type(out_->texts.copy(info.denoted)), n.position);
      return {};
    case reference::unbound:
      emit_failure(eval_errc::unbound, n.name, n.position);
      return {};
    case reference::none:
      break;
  }
  std::vector<std::uint32_t> places;
  NIP_CHECK(visit_children(n, 0, places));
  emit_operation({.op = n.test_only ? opcode::has_field : opcode::select,
                  .a = constant(value::string(out_->texts.copy(n.name))),
                  .position = n.position},
                 places);
  return {};
}

status generator::visit_children(const node& n, std::size_t from,
                                 std::vector<std::uint32_t>& places) {
  for (std::size_t i = from; i < n.children.size(); ++i) {
    NIP_CHECK(visit(n.children[i]));
    places.push_back(last());
  }
  return {};
}

void generator::emit_operation(instruction made, const std::vector<std::uint32_t>& places) {
  made.first = static_cast<std::uint32_t>(out_->operands.size());
  made.count = static_cast<std::uint16_t>(places.size());
  out_->operands.insert(out_->operands.end(), places.begin(), places.end());
  emit(made);
}

// An operation on constants is done here, once; one that fails stays, to fail when it is reached.
void generator::fold(std::uint32_t first_child, const std::vector<std::uint32_t>& places) {
  if (!std::ranges::all_of(places, [&](std::uint32_t at) { return is_constant(at); })) return;
  const value made = evaluator(*out_, nothing_, out_->texts).run();
  if (made.is_error()) return;
  const std::uint32_t position = out_->instructions.back().position;
  out_->operands.resize(out_->instructions.back().first);
  out_->instructions.resize(first_child);
  emit_constant(made, position);
}

status generator::visit_call(node_id id) {
  const node& n = in_.tree[id];
  const node_info& info = in_.info[id];
  if (const auto by = lookup(comparisons, n.name)) return visit_comparison(id, *by);
  if (n.name == "matches" && in_.tree[n.children.back()].kind == node_kind::literal) {
    return visit_matches(id);
  }
  std::vector<std::uint32_t> places;
  const auto first = static_cast<std::uint32_t>(out_->instructions.size());
  constexpr std::array<std::pair<std::string_view, opcode>, 4> special = {
      {{op::logical_and, opcode::both},
       {op::logical_or, opcode::any},
       {op::logical_not, opcode::negation},
       {op::conditional, opcode::conditional}}};
  const auto own = lookup(special, n.name);
  if (!own && info.callee == nullptr) {
    emit_failure(eval_errc::no_such_overload, n.name, n.position);
    return {};
  }
  NIP_CHECK(visit_children(n, info.namespaced ? 1 : 0, places));
  instruction made{.op = own.value_or(opcode::call), .position = n.position};
  if (n.member && (n.name == "or" || n.name == "orValue")) {
    made.op = opcode::either;
    made.detail = n.name == "orValue" ? held_wanted : 0;
  }
  if (!own) {
    made.a = static_cast<std::uint32_t>(out_->functions.size());
    out_->functions.push_back(info.callee->run);
  }
  emit_operation(made, places);
  fold(first, places);
  return {};
}

status generator::visit_comparison(node_id id, comparison by) {
  const node& n = in_.tree[id];
  std::vector<std::uint32_t> places;
  const auto first = static_cast<std::uint32_t>(out_->instructions.size());
  NIP_CHECK(visit_children(n, 0, places));
  const instruction left = out_->instructions[places[0]];
  const instruction right = out_->instructions[places[1]];
  const bool path_first = left.op == opcode::path && right.op == opcode::constant;
  const bool path_second = left.op == opcode::constant && right.op == opcode::path;
  if (path_first || path_second) {
    out_->instructions.resize(first);
    emit({.op = opcode::compare_path,
          .detail = static_cast<std::uint8_t>(path_first ? by : mirrored(by)),
          .first = path_first ? right.a : left.a,
          .a = path_first ? left.a : right.a,
          .position = n.position});
    return {};
  }
  emit_operation(
      {.op = opcode::compare, .detail = static_cast<std::uint8_t>(by), .position = n.position},
      places);
  fold(first, places);
  return {};
}

status generator::visit_matches(node_id id) {
  const node& n = in_.tree[id];
  const node& literal = in_.tree[n.children.back()];
  const bool fits = n.children.size() == 2 && literal.literal.is(value_kind::string);
  if (!fits) {
    emit_failure(eval_errc::no_such_overload, n.name, n.position);
    return {};
  }
  regex pattern(literal.literal.as_view());
  if (!pattern.ok() && env_.checked()) {
    return compile_failure(errc::invalid_argument, in_.tree.source(), literal.position,
                           fmt::format("not a regular expression (RE2): {}", pattern.fault()));
  }
  if (!pattern.ok()) {
    emit_failure(eval_errc::invalid_argument, literal.literal.as_view(), literal.position);
    return {};
  }
  NIP_CHECK(visit(n.children[0]));
  const std::vector<std::uint32_t> places = {last()};
  emit_operation({.op = opcode::matches,
                  .a = static_cast<std::uint32_t>(out_->patterns.size()),
                  .position = n.position},
                 places);
  out_->patterns.push_back(std::move(pattern));
  return {};
}

status generator::visit_comprehension(node_id id) {
  const node& n = in_.tree[id];
  std::vector<std::uint32_t> places;
  NIP_CHECK(visit(n.children[0]));
  places.push_back(last());
  const std::size_t before = out_->instructions.size();
  NIP_CHECK(visit_children(n, 1, places));
  const auto body = static_cast<std::uint32_t>(out_->instructions.size() - before);
  const auto kind = static_cast<std::uint8_t>(lookup(loops, n.name).value_or(loop_kind::map));
  const std::uint8_t two = n.names.size() == 2 ? two_variables : 0;
  emit_operation({.op = opcode::loop,
                  .detail = static_cast<std::uint8_t>(kind | two),
                  .a = in_.info[id].slot,
                  .position = n.position},
                 places);
  out_->operands.push_back(body);
  return {};
}

}  // namespace

result<program> generate(const checked_ast& checked, const environment& env) {
  return generator(checked, env).run();
}

}  // namespace nip::cel
