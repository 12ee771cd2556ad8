#include "cel/cost.hpp"

#include <algorithm>
#include <vector>

#include "cel/aggregate.hpp"
#include "cel/code.hpp"
#include "cel/functions.hpp"

namespace nip::cel {

namespace {

std::uint64_t plus(std::uint64_t a, std::uint64_t b) {
  return b > UINT64_MAX - a ? UINT64_MAX : a + b;
}
std::uint64_t times(std::uint64_t a, std::uint64_t b) {
  return a != 0 && b > UINT64_MAX / a ? UINT64_MAX : a * b;
}
cost_range operator+(const cost_range& a, const cost_range& b) {
  return {plus(a.least, b.least), plus(a.most, b.most)};
}
cost_range operator*(const cost_range& a, const cost_range& b) {
  return {times(a.least, b.least), times(a.most, b.most)};
}
constexpr cost_range exactly(std::uint64_t units) { return {units, units}; }
constexpr cost_range at_most(std::uint64_t units) { return {0, units}; }

// What may be left away.
cost_range maybe(const cost_range& whole) { return at_most(whole.most); }

bool is_aggregate(const value& v) { return v.is(value_kind::list) || v.is(value_kind::map); }
bool is_text(const value& v) { return v.is(value_kind::string) || v.is(value_kind::bytes); }

// Children stand before their parents, so one pass from the front knows all it needs.
class estimator {
 public:
  explicit estimator(const code& compiled) : code_(compiled) {}

  cost_range run() {
    for (const instruction& i : code_.instructions) {
      sizes_.push_back(size_of_result(i));
      costs_.push_back(cost_of(i));
    }
    return costs_.back();
  }

 private:
  cost_range child(const instruction& i, std::uint32_t n) const {
    return costs_[code_.operands[i.first + n]];
  }
  cost_range child_size(const instruction& i, std::uint32_t n) const {
    return sizes_[code_.operands[i.first + n]];
  }
  cost_range children(const instruction& i) const {
    cost_range sum;
    for (std::uint32_t n = 0; n < i.count; ++n) sum = sum + child(i, n);
    return sum;
  }

  cost_range size_of_result(const instruction& i) const;
  cost_range cost_of(const instruction& i) const;
  cost_range cost_of_junction(const instruction& i) const;
  cost_range cost_of_loop(const instruction& i) const;

  const code& code_;
  std::vector<cost_range> costs_;
  std::vector<cost_range> sizes_;  // items, or tens of bytes
};

cost_range estimator::size_of_result(const instruction& i) const {
  switch (i.op) {
    case opcode::constant: {
      const value& v = code_.constants[i.a];
      if (is_text(v)) return exactly(v.as_view().size() / 10);
      return exactly(is_aggregate(v) ? size_of(v) : 0);
    }
    case opcode::list:
    case opcode::map: {
      const std::uint64_t entries = i.op == opcode::map ? i.count / 2U : i.count;
      return i.detail == optional_entries ? at_most(entries) : exactly(entries);
    }
    case opcode::loop: {
      const auto kind = static_cast<loop_kind>(i.detail & ~two_variables);
      if (kind == loop_kind::bind || kind == loop_kind::block) return child_size(i, i.count - 1U);
      const bool all_kept =
          (kind == loop_kind::map || kind == loop_kind::transform_map) && i.count == 2;
      return all_kept ? child_size(i, 0) : maybe(child_size(i, 0));
    }
    case opcode::conditional: {
      const cost_range yes = child_size(i, 1);
      const cost_range no = child_size(i, 2);
      return {std::min(yes.least, no.least), std::max(yes.most, no.most)};
    }
    case opcode::call: {
      // Joined, repeated, split: what comes out is about as large as all that goes in.
      cost_range sum = exactly(assumed_items);
      for (std::uint32_t n = 0; n < i.count; ++n) sum = sum + child_size(i, n);
      return maybe(sum);
    }
    default:
      return at_most(assumed_items);
  }
}

cost_range estimator::cost_of(const instruction& i) const {
  switch (i.op) {
    case opcode::both:
    case opcode::any:
      return cost_of_junction(i);
    case opcode::conditional: {
      const cost_range yes = child(i, 1);
      const cost_range no = child(i, 2);
      return child(i, 0) + cost_range{std::min(yes.least, no.least), std::max(yes.most, no.most)};
    }
    case opcode::compare: {
      // Members are compared as far as the smaller one goes.
      const auto members = std::min(child_size(i, 0).most, child_size(i, 1).most);
      return children(i) + at_most(times(members, 1 + members));
    }
    case opcode::call: {
      cost_range touched = exactly(assumed_items + regex_compile_cost);
      for (std::uint32_t n = 0; n < i.count; ++n) touched = touched + child_size(i, n);
      return children(i) + at_most(times(touched.most, 2));
    }
    case opcode::matches:
      return children(i) + at_most(plus(1, child_size(i, 0).most));
    case opcode::either:
      return child(i, 0) + maybe(child(i, 1));
    case opcode::list:
    case opcode::map:
      return children(i) + at_most(i.count);
    case opcode::select:
      return children(i) + at_most(plus(1, child_size(i, 0).most));
    case opcode::loop:
      return cost_of_loop(i);
    default:
      return i.count > 0 ? children(i) : cost_range{};
  }
}

// The first operand may decide alone.
cost_range estimator::cost_of_junction(const instruction& i) const {
  cost_range sum = child(i, 0);
  for (std::uint32_t n = 1; n < i.count; ++n) sum = sum + maybe(child(i, n));
  return sum;
}

cost_range estimator::cost_of_loop(const instruction& i) const {
  const auto kind = static_cast<loop_kind>(i.detail & ~two_variables);
  switch (kind) {
    case loop_kind::bind:
    case loop_kind::block:
      return children(i);
    case loop_kind::opt_map:
    case loop_kind::opt_flat_map:
      return child(i, 0) + maybe(child(i, 1));
    default:
      break;
  }
  cost_range round = exactly(1 + std::uint64_t{code_.operands[i.first + i.count]}) + child(i, 1);
  if (i.count == 3) round = round + maybe(child(i, 2));
  cost_range rounds = child_size(i, 0);
  const bool may_stop = kind == loop_kind::all || kind == loop_kind::exists;
  if (may_stop) rounds.least = std::min<std::uint64_t>(rounds.least, 1);
  // The result's room is paid beside the rounds.
  const cost_range room = kind == loop_kind::exists_one || may_stop ? cost_range{} : maybe(rounds);
  return child(i, 0) + rounds * round + room + room;
}

}  // namespace

cost_range estimate_cost(const code& compiled) { return estimator(compiled).run(); }

}  // namespace nip::cel
