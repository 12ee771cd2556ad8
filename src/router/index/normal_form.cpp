#include "router/index/normal_form.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace nip::router {
namespace {

namespace op = cel::op;

constexpr std::array<std::pair<std::string_view, relation>, 6> comparison_relations = {
    {{op::equal, relation::equal},
     {op::not_equal, relation::equal},
     {op::less, relation::less},
     {op::less_equal, relation::less_equal},
     {op::greater, relation::greater},
     {op::greater_equal, relation::greater_equal}}};

/// constant < path is path > constant.
relation mirrored(relation by) {
  switch (by) {
    case relation::less:
      return relation::greater;
    case relation::less_equal:
      return relation::greater_equal;
    case relation::greater:
      return relation::less;
    case relation::greater_equal:
      return relation::less_equal;
    default:
      return by;
  }
}

std::optional<relation> text_relation(std::string_view function) {
  if (function == "startsWith") return relation::prefix;
  if (function == "endsWith") return relation::suffix;
  if (function == "matches") return relation::pattern;
  return std::nullopt;
}

}  // namespace

void normal_form::normalize(const cel::checked_ast& of, formula& out) {
  of_ = &of;
  words_ = &out.words;
  words_->clear();
  whole_ = true;
  out.known = visit(of.tree.root(), true);
  if (words_->size() > formula_words_max) {
    out.known = truth::always;
    whole_ = false;
  }
  if (out.known != truth::depends) words_->clear();
  out.whole = whole_;
}

truth normal_form::unknown() {
  whole_ = false;
  return truth::always;
}

truth normal_form::predicate(std::uint32_t number) {
  words_->push_back(number);
  return truth::depends;
}

/// Appends words that are true when the part is `wanted`: true or false, not an error.
truth normal_form::visit(cel::node_id id, bool wanted) {
  if (words_->size() > formula_words_max) return unknown();
  const cel::node& n = of_->tree[id];
  if (const auto path = path_at(id); path && !n.test_only)
    return compare(relation::equal, true, *path, cel::value::boolean(wanted));
  switch (n.kind) {
    case cel::node_kind::literal:
      if (!n.literal.is(cel::value_kind::boolean)) return truth::never;
      return n.literal.as_bool() == wanted ? truth::always : truth::never;
    case cel::node_kind::select: {
      const auto holder = path_at(n.children[0]);
      if (!n.test_only || !path_at(id) || !holder) return unknown();
      return predicate(pool_.present(!wanted, of_->info[id].path, *holder));
    }
    case cel::node_kind::call:
      return visit_call(id, wanted);
    default:
      return unknown();
  }
}

truth normal_form::visit_call(cel::node_id id, bool wanted) {
  const cel::node& call = of_->tree[id];
  const std::string_view name = call.name;
  // a && b is false when one of them is: what || is to true.
  if (name == op::logical_and) return visit_junction(call, wanted, wanted);
  if (name == op::logical_or) return visit_junction(call, wanted, !wanted);
  if (name == op::logical_not) return visit(call.children[0], !wanted);
  if (name == op::conditional) return visit_conditional(call, wanted);
  if (name == op::in) return visit_membership(call, wanted);
  for (const auto& [known, by] : comparison_relations)
    if (known == name) return visit_comparison(call, by, wanted != (name == op::not_equal));
  if (const auto by = text_relation(name); by && !of_->info[id].namespaced)
    return visit_text(call, *by, wanted);
  return unknown();
}

std::size_t normal_form::open(bool all) {
  words_->push_back(all ? junction_all : junction_any);
  return words_->size() - 1;
}

/// Gives the junction its length; one with a single member is the member.
void normal_form::close(std::size_t junction) {
  const auto length = words_->size() - junction - 1;
  if (length == words_of((*words_)[junction + 1])) {
    words_->erase(words_->begin() + static_cast<std::ptrdiff_t>(junction));
    return;
  }
  (*words_)[junction] |= static_cast<word>(length);
}

truth normal_form::visit_junction(const cel::node& call, bool wanted, bool all) {
  const auto junction = open(all);
  const truth neutral = all ? truth::always : truth::never;
  for (const cel::node_id child : call.children) {
    const auto begin = words_->size();
    const truth one = visit(child, wanted);
    if (one == neutral) continue;
    if (one != truth::depends) {
      words_->resize(junction);
      return one;
    }
    // A junction within one of its own kind is spliced into it.
    if (((*words_)[begin] & junction_mask) == ((*words_)[junction] & junction_mask))
      words_->erase(words_->begin() + static_cast<std::ptrdiff_t>(begin));
  }
  if (words_->size() == junction + 1) {
    words_->resize(junction);
    return neutral;
  }
  close(junction);
  return truth::depends;
}

/// c ? x : y holds when c && x or !c && y does.
truth normal_form::visit_conditional(const cel::node& call, bool wanted) {
  const auto either = open(false);
  bool some = false;
  for (const bool condition : {true, false}) {
    const auto both = open(true);
    const truth one = visit(call.children[0], condition);
    const truth other =
        one == truth::never ? truth::never : visit(call.children[condition ? 1 : 2], wanted);
    if (one == truth::never || other == truth::never) {
      words_->resize(both);
    } else if (words_->size() == both + 1) {
      words_->resize(either);
      return truth::always;
    } else {
      close(both);
      some = true;
    }
  }
  if (!some) {
    words_->resize(either);
    return truth::never;
  }
  close(either);
  return truth::depends;
}

std::optional<cel::path_id> normal_form::path_at(cel::node_id id) const {
  const auto& info = of_->info[id];
  if (info.refers != cel::reference::path) return std::nullopt;
  return info.path;
}

const cel::value* normal_form::constant_at(cel::node_id id) const {
  const cel::node& n = of_->tree[id];
  return n.kind == cel::node_kind::literal ? &n.literal : nullptr;
}

truth normal_form::visit_comparison(const cel::node& call, relation by, bool wanted) {
  const auto is_path = [&](cel::node_id id) { return path_at(id) && !of_->tree[id].test_only; };
  const auto left = call.children[0];
  const auto right = call.children[1];
  if (is_path(left))
    if (const auto* constant = constant_at(right))
      return compare(by, wanted, *path_at(left), *constant);
  if (is_path(right))
    if (const auto* constant = constant_at(left))
      return compare(mirrored(by), wanted, *path_at(right), *constant);
  return unknown();
}

truth normal_form::compare(relation by, bool wanted, cel::path_id path,
                           const cel::value& constant) {
  const auto operand = literal_of(constant);
  if (!operand) return unknown();
  const bool number = operand->kind == literal_kind::number;
  if (is_order(by) && !number && operand->kind != literal_kind::string) return unknown();
  if (number && !(std::fabs(number_of(constant)) <= exact_number_max)) {
    // Doubles stand for it and its neighbours: what equals it is among what equals its double.
    whole_ = false;
    if (by != relation::equal || !wanted) return truth::always;
  }
  return predicate(pool_.constant(by, !wanted, path, *operand));
}

truth normal_form::visit_membership(const cel::node& call, bool wanted) {
  const auto holder = path_at(call.children[1]);
  if (const auto* constant = constant_at(call.children[0]); constant != nullptr && holder)
    return visit_member(*constant, *holder, wanted);
  const auto path = path_at(call.children[0]);
  const cel::node& list = of_->tree[call.children[1]];
  if (!path || of_->tree[call.children[0]].test_only || list.kind != cel::node_kind::list)
    return unknown();
  std::vector<std::uint32_t> members;
  for (const cel::node_id child : list.children) {
    const auto* constant = constant_at(child);
    const auto operand = constant == nullptr ? std::nullopt : literal_of(*constant);
    if (!operand) return unknown();
    if (operand->kind == literal_kind::number &&
        !(std::fabs(number_of(*constant)) <= exact_number_max)) {
      whole_ = false;
      if (!wanted) return truth::always;
    }
    members.push_back(pool_.equal_literals().intern(*path, *operand));
  }
  return predicate(pool_.one_of(!wanted, *path, std::move(members)));
}

/// A constant in a list, or among the keys of a map, of the message.
truth normal_form::visit_member(const cel::value& constant, cel::path_id path, bool wanted) {
  // A long list costs, and may pass the limit of one evaluation.
  whole_ = false;
  const auto operand = literal_of(constant);
  if (!wanted || !operand) return truth::always;
  return predicate(pool_.constant(relation::member, false, path, *operand));
}

truth normal_form::visit_text(const cel::node& call, relation by, bool wanted) {
  if (call.children.size() != 2) return unknown();
  const auto path = path_at(call.children[0]);
  const auto* constant = constant_at(call.children[1]);
  if (!path || of_->tree[call.children[0]].test_only || constant == nullptr ||
      !constant->is(cel::value_kind::string))
    return unknown();
  // A search costs, and many searches in long texts may pass the limit of one evaluation.
  if (by == relation::pattern) whole_ = false;
  return predicate(pool_.constant(by, !wanted, *path,
                                  {.kind = literal_kind::string, .text = constant->as_view()}));
}

}  // namespace nip::router
