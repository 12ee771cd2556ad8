#include "router/compile_rule.hpp"

#include <fmt/format.h>

#include "cel/check.hpp"
#include "cel/parser.hpp"
#include "router/index/index_builder.hpp"
#include "router/message_input.hpp"

namespace nip::router {
namespace {

std::unexpected<error> in_rule(const rule& what, std::string_view key, const error& why) {
  const std::string place = what.where.empty() ? "" : what.where + ": ";
  return fail(why.code, fmt::format("{}rule \"{}\": {}: {}", place, what.id, key, why.detail));
}

result<cel::checked_ast> check_condition(const std::string& text, cel::path_table& paths) {
  const auto& env = message_environment();
  NIP_TRY(tree, cel::parse(text, env.bounds().syntax));
  return cel::check(std::move(tree), env, paths);
}

}  // namespace

result<compiled_rule> compile_rule(rule what, cel::path_table& paths, index_builder* index) {
  const auto& env = message_environment();
  auto checked = check_condition(what.when, paths);
  if (!checked) return in_rule(what, "when", checked.error());
  const auto& yields = checked->result_type();
  if (!yields.is(cel::type_kind::boolean) && !yields.is(cel::type_kind::dyn))
    return fail(errc::invalid_argument,
                fmt::format("{}rule \"{}\": when: expected a condition, a bool, but \"{}\" is "
                            "of type {}",
                            what.where.empty() ? "" : what.where + ": ", what.id, what.when,
                            cel::to_text(yields)));
  if (!what.order.empty())
    if (auto order = cel::compile(what.order, env, paths); !order)
      return in_rule(what, "order", order.error());
  // What the index decides needs no program, and what it can decide is always a valid one.
  if (index != nullptr && index->add(*checked) == indexing::whole)
    return compiled_rule{std::move(what), std::nullopt};
  auto when = cel::generate(*checked, env);
  if (!when) return in_rule(what, "when", when.error());
  return compiled_rule{std::move(what), std::move(*when)};
}

}  // namespace nip::router
