// A rule's condition in negation normal form over interned predicates.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "cel/check.hpp"
#include "router/index/predicate_pool.hpp"

namespace nip::router {

/// Formulas are rows of words in prefix form: a predicate is its number, a junction its kind and
/// the number of words behind it that are its members.
using word = std::uint32_t;
constexpr word junction_all = word{1} << 30;
constexpr word junction_any = word{2} << 30;
constexpr word junction_mask = word{3} << 30;
constexpr word length_mask = ~junction_mask;
constexpr bool is_junction(word w) { return (w & junction_mask) != 0; }
/// Words that the formula at `w` takes, itself included.
constexpr std::uint32_t words_of(word w) { return is_junction(w) ? 1 + (w & length_mask) : 1; }

/// A condition above it is left to its program.
constexpr std::size_t formula_words_max = 8192;

/// What normalize() found out about a condition.
enum class truth : std::uint8_t { never, always, depends };

/// A condition in words. `whole` says that it is true exactly when the condition is; else it is
/// true whenever the condition is, and the condition's program has the last word.
struct formula {
  truth known = truth::depends;
  bool whole = true;
  /// Members of a top-level junction are behind its word. Empty unless `known` is depends.
  std::vector<word> words;
};

/// Reads a checked condition. CEL's three values come down to two questions, whether a part is true
/// and whether it is false; an error is neither, so that "not" swaps the questions and && and || of
/// parts need no third case.
class normal_form {
 public:
  explicit normal_form(predicate_pool& into) : pool_(into) {}
  /// Reuses `out`.
  void normalize(const cel::checked_ast& of, formula& out);

 private:
  truth visit(cel::node_id id, bool wanted);
  truth visit_call(cel::node_id id, bool wanted);
  truth visit_junction(const cel::node& call, bool wanted, bool all);
  truth visit_conditional(const cel::node& call, bool wanted);
  truth visit_comparison(const cel::node& call, relation by, bool wanted);
  truth visit_membership(const cel::node& call, bool wanted);
  truth visit_member(const cel::value& constant, cel::path_id path, bool wanted);
  truth visit_text(const cel::node& call, relation by, bool wanted);
  truth compare(relation by, bool wanted, cel::path_id path, const cel::value& constant);
  truth predicate(std::uint32_t number);
  truth unknown();

  std::optional<cel::path_id> path_at(cel::node_id id) const;
  const cel::value* constant_at(cel::node_id id) const;

  std::size_t open(bool all);
  void close(std::size_t junction);

  predicate_pool& pool_;
  const cel::checked_ast* of_ = nullptr;
  std::vector<word>* words_ = nullptr;
  bool whole_ = true;
};

}  // namespace nip::router
