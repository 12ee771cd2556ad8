// Conditions and inputs at random, over all that conditions may ask, from a seed.
#pragma once

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "cel/aggregate.hpp"
#include "cel/arena.hpp"
#include "cel/value.hpp"

namespace nip::router {

/// Over a map with fields of every type, some of them absent.
class random_rules {
 public:
  /// `root` is how conditions name the map.
  random_rules(std::uint64_t seed, std::string root) : random_(seed), root_(std::move(root)) {}

  /// A condition nested at most so deep.
  std::string condition(unsigned depth) {
    if (depth == 0 || below(4) == 0) return atom();
    const auto inner = [&] { return condition(depth - 1); };
    switch (below(8)) {
      case 0:
        return "!(" + inner() + ")";
      case 1:
        return "(" + inner() + " ? " + inner() + " : " + inner() + ")";
      case 2:
      case 3:
      case 4:
        return "(" + joined(" || ", depth) + ")";
      default:
        return "(" + joined(" && ", depth) + ")";
    }
  }

  /// The map; lives in `memory`.
  cel::value input(cel::arena& memory) {
    std::vector<cel::map_entry> fields;
    for (const auto name : field_names)
      if (below(5) != 0) fields.push_back({cel::value::string(name), any_value(memory)});
    if (below(4) != 0) {
      std::vector<cel::map_entry> inner;
      for (const std::string_view name : {"x", "y", "a", "b", "c", "d", "e", "f"})
        if (below(3) != 0) inner.push_back({cel::value::string(name), any_value(memory)});
      fields.push_back({cel::value::string("n"), kept(inner, memory)});
    }
    return kept(fields, memory);
  }

  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

 private:
  static constexpr std::string_view field_names[] = {"a", "b", "c", "d", "e",
                                                     "f", "g", "h", "i", "k k"};
  static constexpr std::string_view texts[] = {"",    "a",        "ab",        "abc",      "abd",
                                               "b",   "ba",       "é",         "日",       "日本",
                                               "a日", "12345678", "123456789", "z\\u0000z"};
  static constexpr std::string_view numbers[] = {"0",
                                                 "1",
                                                 "2",
                                                 "3",
                                                 "-1",
                                                 "1.0",
                                                 "2.5",
                                                 "-0.0",
                                                 "1u",
                                                 "3u",
                                                 "0u",
                                                 "1e300",
                                                 "0.1",
                                                 "9007199254740991",
                                                 "9007199254740992",
                                                 "9007199254740993",
                                                 "9007199254740992.0",
                                                 "18446744073709551615u",
                                                 "9223372036854775807",
                                                 "-9007199254740993"};

  template <std::size_t N>
  std::string one_of(const std::string_view (&from)[N]) {
    return std::string(from[below(N)]);
  }
  std::string joined(std::string_view by, unsigned depth) {
    std::string out = condition(depth - 1);
    for (auto more = 1 + below(3); more > 0; --more) {
      out += by;
      out += condition(depth - 1);
    }
    return out;
  }

  std::string path() {
    switch (below(12)) {
      case 0:
        return root_ + ".n.x";
      case 1:
        return root_ + ".n." + std::string(1, static_cast<char>('a' + below(6)));
      case 2:
        return root_ + "[\"k k\"]";
      case 3:
        return root_ + ".a[" + std::to_string(below(3)) + "]";
      case 4:
        return root_ + ".n.x.deep";
      default:
        return root_ + "." + std::string(1, static_cast<char>('a' + below(9)));
    }
  }
  std::string text() { return "\"" + one_of(texts) + "\""; }
  std::string constant() {
    switch (below(12)) {
      case 0:
        return below(2) == 0 ? "true" : "false";
      case 1:
        return "null";
      case 2:
        return "b\"ab\"";
      case 3:
      case 4:
      case 5:
      case 6:
        return text();
      default:
        return one_of(numbers);
    }
  }
  std::string list() {
    std::string out = "[";
    for (auto i = below(5); i > 0; --i) out += "dyn(" + constant() + "), ";
    // Without dyn() all of one type.
    if (below(3) != 0) {
      out = "[";
      const bool words = below(2) == 0;
      for (auto i = below(6); i > 0; --i) out += (words ? text() : std::to_string(below(5))) + ", ";
    }
    if (out.size() > 1) out.resize(out.size() - 2);
    return out + "]";
  }

  std::string atom() {
    static constexpr std::string_view comparisons[] = {" == ", " != ", " < ",
                                                       " <= ", " > ",  " >= "};
    static constexpr std::string_view tests[] = {".startsWith(", ".endsWith(", ".contains("};
    static constexpr std::string_view patterns[] = {
        "\"^a\"",        "\"b$\"", "\"[0-9]+\"",      "\"日\"",  "\"\"",     "\"^$\"",
        "\"^(ab|日)$\"", "\".\"",  "\"(?i)AB|[xé]\"", "\"^.a\"", "r\"\b1\"", "\"z.z\""};
    switch (below(15)) {
      case 14:
        return constant() + " in " + holder();
      case 0:
        return "has(" + root_ + (below(4) == 0 ? ".n.x" : "." + one_of(field_letters)) + ")";
      case 1:
        return path() + " in " + list();
      case 2:
        return path() + one_of(tests) + text() + ")";
      case 3:
        // Often of one path, so that several patterns are asked of one text.
        return (below(2) == 0 ? path() : root_ + ".a") + ".matches(" + one_of(patterns) + ")";
      case 4:
        return path();
      case 5:
        return rest();
      case 6:
        return constant() + one_of(comparisons) + path();
      default:
        return path() + one_of(comparisons) + constant();
    }
  }
  std::string holder() { return below(4) == 0 ? root_ : below(3) == 0 ? root_ + ".n" : path(); }
  /// What no index decides.
  std::string rest() {
    switch (below(7)) {
      case 0:
        return path() + " == " + path();
      case 1:
        return "size(" + path() + ") > 1";
      case 2:
        return path() + " + 1 > 2";
      case 3:
        return path() + ".exists(x, x == 1)";
      case 4:
        return "!(1 in " + holder() + ")";
      case 5:
        return below(2) == 0 ? "true" : "false";
      default:
        return path() + " == [1, 2]";
    }
  }
  static constexpr std::string_view field_letters[] = {"a", "b", "c", "d", "n", "z"};

  cel::value any_value(cel::arena& memory) {
    static constexpr std::string_view raw[] = {
        "",  "a",  "ab",   "abc", "abd",      "b",         "ba",
        "é", "日", "日本", "a日", "12345678", "123456789", std::string_view("z\0z", 3)};
    static constexpr std::int64_t whole[] = {0,
                                             1,
                                             2,
                                             3,
                                             -1,
                                             9007199254740991,
                                             9007199254740992,
                                             9007199254740993,
                                             INT64_MAX,
                                             -9007199254740993};
    static constexpr double real[] = {0.0, -0.0, 1.0, 2.5, 3.0, 0.1, 1e300, 0x1p53, -0x1p53};
    static constexpr std::uint64_t natural[] = {0, 1, 3, UINT64_MAX, 9007199254740993};
    switch (below(16)) {
      case 0:
        return cel::value::boolean(below(2) == 0);
      case 1:
        return {};
      case 2:
        return cel::value::bytes(below(2) == 0 ? "ab" : "a");
      case 3: {
        const auto count = below(5);
        auto* items = memory.array<cel::value>(count);
        for (std::size_t i = 0; i < count; ++i)
          items[i] = below(4) == 0 ? any_value(memory)
                                   : cel::value::integer(static_cast<std::int64_t>(below(3)));
        return cel::value::list(items, count);
      }
      case 4:
        return cel::value::timestamp({static_cast<std::int64_t>(below(3)), 0});
      case 5:
        return cel::value::uinteger(natural[below(std::size(natural))]);
      case 6:
        return cel::value::real(below(3) == 0 ? std::nan("") : real[below(std::size(real))]);
      case 7:
        return cel::value::real(real[below(std::size(real))]);
      case 8:
      case 9:
      case 10:
      case 11:
        return cel::value::string(raw[below(std::size(raw))]);
      default:
        return cel::value::integer(below(2) == 0 ? static_cast<std::int64_t>(below(5))
                                                 : whole[below(std::size(whole))]);
    }
  }
  static cel::value kept(const std::vector<cel::map_entry>& fields, cel::arena& memory) {
    auto* rows = memory.array<cel::map_entry>(fields.size());
    std::ranges::copy(fields, rows);
    return cel::make_map({rows, fields.size()}, memory);
  }

  std::mt19937_64 random_;
  std::string root_;
};

}  // namespace nip::router
