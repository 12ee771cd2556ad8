// The functions of the math namespace.
#include <cmath>

#include "cel/functions.hpp"

namespace nip::cel {

namespace {

using enum value_kind;
using arguments = std::span<const value>;

// The extreme of numbers across their types: the first one that no other beats.
template <order Beats>
value extreme(arguments numbers) noexcept {
  if (numbers.empty()) return value::failure(eval_errc::invalid_argument);
  value best = numbers[0];
  for (const value& number : numbers) {
    if (!number.is_number()) return no_overload();
    if (compare(number, best) == Beats) best = number;
  }
  return best;
}

template <order Beats>
value extreme_of(runtime& run, arguments a) noexcept {
  if (a.size() != 1 || !a[0].is(list)) return extreme<Beats>(a);
  const std::size_t size = size_of(a[0]);
  if (!run.charge(size)) return no_cost();
  value* numbers = run.memory.array<value>(size);
  if (numbers == nullptr) return no_memory();
  value* end = numbers;
  for (cursor each(a[0]); each.next();) *end++ = each.key();
  return extreme<Beats>({numbers, size});
}

template <double (*Function)(double)>
value on_real(runtime&, arguments a) noexcept {
  return a[0].is(real) ? value::real(Function(a[0].as_real())) : no_overload();
}

template <bool (*Test)(double)>
value test_real(runtime&, arguments a) noexcept {
  return a[0].is(real) ? value::boolean(Test(a[0].as_real())) : no_overload();
}

double ceil_of(double d) { return std::ceil(d); }
double floor_of(double d) { return std::floor(d); }
double round_of(double d) { return std::round(d); }
double trunc_of(double d) { return std::trunc(d); }
bool nan_is(double d) { return std::isnan(d); }
bool inf_is(double d) { return std::isinf(d); }
bool finite_is(double d) { return std::isfinite(d); }

value abs_of(runtime&, arguments a) noexcept {
  if (a[0].is(real)) return value::real(std::fabs(a[0].as_real()));
  if (a[0].is(uinteger)) return a[0];
  if (!a[0].is(integer)) return no_overload();
  if (a[0].as_integer() == INT64_MIN) return value::failure(eval_errc::overflow);
  return value::integer(std::abs(a[0].as_integer()));
}

value sign_of(runtime&, arguments a) noexcept {
  if (a[0].is(uinteger)) return value::uinteger(a[0].as_uinteger() == 0 ? 0 : 1);
  if (a[0].is(integer)) {
    return value::integer((a[0].as_integer() > 0 ? 1 : 0) - (a[0].as_integer() < 0 ? 1 : 0));
  }
  if (!a[0].is(real)) return no_overload();
  const double d = a[0].as_real();
  return std::isnan(d) ? a[0] : value::real(d > 0 ? 1.0 : d < 0 ? -1.0 : 0.0);
}

value sqrt_of(runtime&, arguments a) noexcept {
  if (a[0].is(real)) return value::real(std::sqrt(a[0].as_real()));
  if (a[0].is(integer)) return value::real(std::sqrt(static_cast<double>(a[0].as_integer())));
  if (a[0].is(uinteger)) return value::real(std::sqrt(static_cast<double>(a[0].as_uinteger())));
  return no_overload();
}

std::uint64_t bits_of(const value& v) { return v.as_uinteger(); }

value with_bits(value_kind kind, std::uint64_t bits) {
  return kind == integer ? value::integer(static_cast<std::int64_t>(bits)) : value::uinteger(bits);
}

template <class Combine>
value combine_bits(runtime&, arguments a) noexcept {
  const value_kind kind = a[0].kind();
  if ((kind != integer && kind != uinteger) || a[1].kind() != kind) return no_overload();
  return with_bits(kind, Combine()(bits_of(a[0]), bits_of(a[1])));
}

value invert_bits(runtime&, arguments a) noexcept {
  const value_kind kind = a[0].kind();
  if (kind != integer && kind != uinteger) return no_overload();
  return with_bits(kind, ~bits_of(a[0]));
}

// Shifts move bits, not numbers: what leaves is lost, zeros come in, a shift of 64 leaves nothing.
template <bool Left>
value shift_bits(runtime&, arguments a) noexcept {
  const value_kind kind = a[0].kind();
  if ((kind != integer && kind != uinteger) || !a[1].is(integer)) return no_overload();
  if (a[1].as_integer() < 0) return value::failure(eval_errc::invalid_argument);
  constexpr std::int64_t word_bits = 64;
  if (a[1].as_integer() >= word_bits) return with_bits(kind, 0);
  const auto by = static_cast<unsigned>(a[1].as_integer());
  return with_bits(kind, Left ? bits_of(a[0]) << by : bits_of(a[0]) >> by);
}

constexpr auto greatest = extreme_of<order::greater>;
constexpr auto least = extreme_of<order::less>;

constexpr function_spec specs[] = {
    {"math.greatest", "(list<dyn>) -> dyn", greatest},
    {"math.greatest", "(int) -> int", greatest},
    {"math.greatest", "(uint) -> uint", greatest},
    {"math.greatest", "(double) -> double", greatest},
    {"math.greatest", "(A, A) -> A", greatest},
    {"math.greatest", "(dyn, dyn) -> dyn", greatest},
    {"math.greatest", "(dyn, dyn, dyn) -> dyn", greatest},
    {"math.greatest", "(dyn, dyn, dyn, dyn) -> dyn", greatest},
    {"math.greatest", "(dyn, dyn, dyn, dyn, dyn) -> dyn", greatest},
    {"math.least", "(list<dyn>) -> dyn", least},
    {"math.least", "(int) -> int", least},
    {"math.least", "(uint) -> uint", least},
    {"math.least", "(double) -> double", least},
    {"math.least", "(A, A) -> A", least},
    {"math.least", "(dyn, dyn) -> dyn", least},
    {"math.least", "(dyn, dyn, dyn) -> dyn", least},
    {"math.least", "(dyn, dyn, dyn, dyn) -> dyn", least},
    {"math.least", "(dyn, dyn, dyn, dyn, dyn) -> dyn", least},
    {"math.ceil", "(double) -> double", on_real<ceil_of>},
    {"math.floor", "(double) -> double", on_real<floor_of>},
    {"math.round", "(double) -> double", on_real<round_of>},
    {"math.trunc", "(double) -> double", on_real<trunc_of>},
    {"math.isNaN", "(double) -> bool", test_real<nan_is>},
    {"math.isInf", "(double) -> bool", test_real<inf_is>},
    {"math.isFinite", "(double) -> bool", test_real<finite_is>},
    {"math.abs", "(int) -> int", abs_of},
    {"math.abs", "(uint) -> uint", abs_of},
    {"math.abs", "(double) -> double", abs_of},
    {"math.sign", "(int) -> int", sign_of},
    {"math.sign", "(uint) -> uint", sign_of},
    {"math.sign", "(double) -> double", sign_of},
    {"math.sqrt", "(int) -> double", sqrt_of},
    {"math.sqrt", "(uint) -> double", sqrt_of},
    {"math.sqrt", "(double) -> double", sqrt_of},
    {"math.bitAnd", "(int, int) -> int", combine_bits<std::bit_and<>>},
    {"math.bitAnd", "(uint, uint) -> uint", combine_bits<std::bit_and<>>},
    {"math.bitOr", "(int, int) -> int", combine_bits<std::bit_or<>>},
    {"math.bitOr", "(uint, uint) -> uint", combine_bits<std::bit_or<>>},
    {"math.bitXor", "(int, int) -> int", combine_bits<std::bit_xor<>>},
    {"math.bitXor", "(uint, uint) -> uint", combine_bits<std::bit_xor<>>},
    {"math.bitNot", "(int) -> int", invert_bits},
    {"math.bitNot", "(uint) -> uint", invert_bits},
    {"math.bitShiftLeft", "(int, int) -> int", shift_bits<true>},
    {"math.bitShiftLeft", "(uint, int) -> uint", shift_bits<true>},
    {"math.bitShiftRight", "(int, int) -> int", shift_bits<false>},
    {"math.bitShiftRight", "(uint, int) -> uint", shift_bits<false>},
};

}  // namespace

std::span<const function_spec> math_functions() { return specs; }

}  // namespace nip::cel
