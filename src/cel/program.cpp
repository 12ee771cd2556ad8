#include "cel/program.hpp"

#include "cel/code.hpp"
#include "cel/diagnostic.hpp"
#include "cel/evaluator.hpp"
#include "cel/parser.hpp"

namespace nip::cel {

result<program> compile(std::string_view source, const environment& env, path_table& paths) {
  NIP_TRY(tree, parse(source, env.bounds().syntax));
  NIP_TRY(checked, check(std::move(tree), env, paths));
  return generate(checked, env);
}

value program::evaluate(input& in, arena& memory) const noexcept {
  return evaluator(*code_, in, memory).run();
}

bool program::matches(input& in, arena& memory) const noexcept {
  return evaluator(*code_, in, memory).run_test();
}

value program::evaluate(input& in, arena& memory, std::uint64_t& cost) const noexcept {
  evaluator running(*code_, in, memory);
  const value made = running.run();
  cost = running.spent();
  return made;
}

cost_range program::estimated_cost() const noexcept { return code_->estimated; }

const type& program::result_type() const noexcept { return code_->result; }
std::span<const path_id> program::paths() const noexcept { return code_->paths; }
std::string_view program::source() const noexcept { return code_->source; }

std::string program::describe(const value& failure) const {
  if (failure.error_position() == 0) return error_text(failure);
  return show(code_->source, failure.error_position() - 1, error_text(failure));
}

}  // namespace nip::cel
