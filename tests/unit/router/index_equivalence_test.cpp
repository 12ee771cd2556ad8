// The index against trying every rule: the same rules, over conditions and inputs at random.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "cel/check.hpp"
#include "cel/json_input.hpp"
#include "cel/parser.hpp"
#include "cel/program.hpp"
#include "router/index/index_builder.hpp"
#include "unit/router/random_rules.hpp"

namespace nip::router {
namespace {

/// Some conditions, compiled to be tried and built into an index.
class bed {
 public:
  bed() { env_.variable("m"); }

  /// False when the condition is refused, as one that compares a bool with a number is.
  bool add(const std::string& condition) {
    auto tree = cel::parse(condition, env_.bounds().syntax);
    if (!tree) return false;
    auto checked = cel::check(std::move(*tree), env_, paths_);
    if (!checked) return false;
    auto program = cel::generate(*checked, env_);
    if (!program) return false;
    ++kinds[static_cast<unsigned>(builder_.add(*checked))];
    programs_.push_back(std::move(*program));
    return true;
  }
  void finish() {
    index_ = builder_.finish(paths_);
    state_.emplace(index_);
  }
  std::vector<std::uint32_t> tried(const cel::value& m) {
    tried_in_.set("m", m);
    std::vector<std::uint32_t> out;
    for (std::uint32_t i = 0; i < programs_.size(); ++i)
      if (programs_[i].matches(tried_in_, memory_)) out.push_back(i);
    memory_.reset();
    return out;
  }
  std::vector<std::uint32_t> matched(const cel::value& m) {
    in_.set("m", m);
    index_.match(in_, *state_);
    std::vector<std::uint32_t> out;
    state_->fired.take_all([&](std::uint32_t i) {
      if (index_.how(i) == indexing::whole || programs_[i].matches(in_, memory_)) out.push_back(i);
      return true;
    });
    memory_.reset();
    return out;
  }
  std::string text(const std::vector<std::uint32_t>& rules) const {
    std::string out;
    for (const auto each : rules)
      out += std::to_string(each) + ": " + std::string(programs_[each].source()) + "\n";
    return out;
  }
  std::size_t size() const { return programs_.size(); }
  std::array<std::size_t, 3> kinds{};

 private:
  cel::environment env_;
  cel::path_table paths_;
  index_builder builder_;
  std::vector<cel::program> programs_;
  rule_index index_;
  std::optional<match_state> state_;
  cel::json_input tried_in_{paths_};
  cel::json_input in_{paths_};
  cel::arena memory_;
};

TEST(index_equivalence, HoldsForConditionsAndInputsAtRandom) {
  const char* at_length = std::getenv("NIP_LONG_TESTS");
  const bool is_long = at_length != nullptr && std::string_view(at_length) == "1";
  const std::size_t pairs_wanted = is_long ? 1'000'000 : 100'000;
  std::size_t pairs = 0;
  std::size_t fired = 0;
  std::size_t refused = 0;
  std::array<std::size_t, 3> kinds{};
  for (std::uint64_t seed = 1; pairs < pairs_wanted; ++seed) {
    random_rules random(seed, "m");
    bed each;
    for (auto left = 1 + random.below(120); left > 0; --left)
      if (!each.add(random.condition(static_cast<unsigned>(random.below(5))))) ++refused;
    each.finish();
    for (unsigned i = 0; i < 20; ++i) {
      cel::arena memory;
      const auto m = random.input(memory);
      const auto wanted = each.tried(m);
      const auto got = each.matched(m);
      ASSERT_EQ(each.text(got), each.text(wanted)) << "seed " << seed << ", input " << i;
      pairs += each.size();
      fired += wanted.size();
    }
    for (std::size_t i = 0; i < kinds.size(); ++i) kinds[i] += each.kinds[i];
  }
  // It is worth something only when rules fire and do not, and are of every kind.
  EXPECT_GT(fired, pairs / 20);
  EXPECT_LT(fired, pairs / 2);
  for (const auto count : kinds) EXPECT_GT(count, (kinds[0] + kinds[1] + kinds[2]) / 20);
  EXPECT_LT(refused, kinds[0] + kinds[1] + kinds[2]);
}

}  // namespace
}  // namespace nip::router
