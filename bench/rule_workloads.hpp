// Rules and messages for the benchmarks of the index: as the papers on matching describe them, from
// fixed seeds.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace nip::bench {

/// Conditions of rules, and the data of messages that meet them.
struct rule_workload {
  std::vector<std::string> conditions;
  std::vector<std::string> messages;  ///< whole envelopes
};

/// Draws dimensions: uniformly, or by Zipf's law, where the one of rank r comes up r^-s times as
/// often as the first.
class dimension_source {
 public:
  dimension_source(std::size_t count, double s) : sums_(count) {
    double sum = 0;
    for (std::size_t i = 0; i < count; ++i)
      sums_[i] = sum += std::pow(static_cast<double>(i + 1), -s);
  }
  std::size_t draw(std::mt19937_64& random) const {
    const double at = std::uniform_real_distribution<double>(0, sums_.back())(random);
    const auto found = std::upper_bound(sums_.begin(), sums_.end() - 1, at);
    return static_cast<std::size_t>(found - sums_.begin());
  }
  std::set<std::size_t> draw_distinct(std::size_t count, std::mt19937_64& random) const {
    std::set<std::size_t> out;
    while (out.size() < count) out.insert(draw(random));
    return out;
  }

 private:
  std::vector<double> sums_;
};

constexpr std::uint64_t cardinality = 100;  ///< values of a dimension: 0 to 99

/// Of ten predicates four are ==, one !=, two one-sided, two intervals of 12 values, one `in` of
/// three.
inline std::string predicate_text(std::size_t dimension, std::mt19937_64& random) {
  const auto path = fmt::format("message.data.d{}", dimension);
  const auto value = random() % cardinality;
  switch (random() % 10) {
    case 0:
    case 1:
    case 2:
    case 3:
      return fmt::format("{} == {}", path, value);
    case 4:
      return fmt::format("{} != {}", path, value);
    case 5:
      return fmt::format("{} < {}", path, value);
    case 6:
      return fmt::format("{} >= {}", path, value);
    case 7:
    case 8:
      return fmt::format("{0} >= {1} && {0} < {2}", path, value, value + 12);
    default:
      return fmt::format("{} in [{}, {}, {}]", path, value, random() % cardinality,
                         random() % cardinality);
  }
}

/// The same without what holds for most values: of ten six are ==, two intervals of 4 values, two
/// `in` of three.
inline std::string narrow_text(std::size_t dimension, std::mt19937_64& random) {
  const auto path = fmt::format("message.data.d{}", dimension);
  const auto value = random() % cardinality;
  const auto kind = random() % 10;
  if (kind < 6) return fmt::format("{} == {}", path, value);
  if (kind < 8) return fmt::format("{0} >= {1} && {0} < {2}", path, value, value + 4);
  return fmt::format("{} in [{}, {}, {}]", path, value, random() % cardinality,
                     random() % cardinality);
}
using predicate_source = std::string (*)(std::size_t dimension, std::mt19937_64& random);

inline std::string message_text(const std::set<std::size_t>& dimensions, std::mt19937_64& random) {
  std::string fields;
  for (const auto each : dimensions)
    fields += fmt::format("{}\"d{}\":{}", fields.empty() ? "" : ",", each, random() % cardinality);
  return fmt::format(R"({{"type":"t","data":{{{}}}}})", fields);
}

/// BE-Gen: conjunctions of five predicates over different dimensions; messages have 30 of them.
inline rule_workload conjunctions(std::size_t rules, std::size_t dimensions,
                                  std::size_t messages = 256) {
  std::mt19937_64 random(1);
  const dimension_source from(dimensions, 0);
  rule_workload out;
  for (std::size_t i = 0; i < rules; ++i) {
    std::string text;
    for (const auto each : from.draw_distinct(5, random))
      text += (text.empty() ? "" : " && ") + predicate_text(each, random);
    out.conditions.push_back(std::move(text));
  }
  for (std::size_t i = 0; i < messages; ++i)
    out.messages.push_back(message_text(from.draw_distinct(30, random), random));
  return out;
}

/// One node of ABE-Gen: of what it joins half are nodes again, down to the depth; one in ten is
/// negated.
inline std::string boolean_text(unsigned depth, const dimension_source& from,
                                std::mt19937_64& random, predicate_source predicate) {
  if (depth == 0) return "(" + predicate(from.draw(random), random) + ")";
  const bool all = random() % 2 == 0;
  std::string out;
  for (auto fan_out = 2 + random() % 3; fan_out > 0; --fan_out) {
    if (!out.empty()) out += all ? " && " : " || ";
    if (random() % 10 == 0) out += "!";
    out += boolean_text(random() % 2 == 0 ? depth - 1 : 0, from, random, predicate);
  }
  return "(" + out + ")";
}

/// ABE-Gen: Boolean expressions of depth 3 and fan-out up to 4 over 1,000 dimensions, drawn by Zipf
/// 0.6; messages have 20 of them.
inline rule_workload boolean_expressions(std::size_t rules,
                                         predicate_source predicate = predicate_text,
                                         std::size_t messages = 256) {
  std::mt19937_64 random(2);
  const dimension_source from(1000, 0.6);
  rule_workload out;
  for (std::size_t i = 0; i < rules; ++i)
    out.conditions.push_back(boolean_text(3, from, random, predicate));
  for (std::size_t i = 0; i < messages; ++i)
    out.messages.push_back(message_text(from.draw_distinct(20, random), random));
  return out;
}

/// A message of a type from a customer, with other fields around it.
inline std::string order_text(std::size_t type, std::size_t customer, std::mt19937_64& random) {
  return fmt::format(R"({{"type":"order.type-{}","data":{{"order":"o-{}","amount":{},)"
                     R"("customer":"customer-{}","currency":"EUR"}}}})",
                     type, random() % 100000, random() % 1000, customer);
}

/// Type equal and one field of the data equal, each message matching one rule, over `types` types.
inline rule_workload selective(std::size_t rules, std::size_t types, std::size_t messages = 256) {
  std::mt19937_64 random(3);
  rule_workload out;
  for (std::size_t i = 0; i < rules; ++i)
    out.conditions.push_back(
        fmt::format(R"(message.type == "order.type-{}" && message.data.customer == "customer-{}")",
                    i % types, i));
  for (std::size_t i = 0; i < messages; ++i) {
    const auto one = random() % rules;
    out.messages.push_back(order_text(one % types, one, random));
  }
  return out;
}

/// The same with as many customers of each type as types, so that neither alone says much.
inline rule_workload grid(std::size_t rules, std::size_t messages = 256) {
  std::mt19937_64 random(3);
  const auto side = static_cast<std::size_t>(std::ceil(std::sqrt(static_cast<double>(rules))));
  rule_workload out;
  for (std::size_t i = 0; i < rules; ++i)
    out.conditions.push_back(
        fmt::format(R"(message.type == "order.type-{}" && message.data.customer == "customer-{}")",
                    i / side, i % side));
  for (std::size_t i = 0; i < messages; ++i) {
    const auto one = random() % rules;
    out.messages.push_back(order_text(one / side, one % side, random));
  }
  return out;
}

/// A regular expression over one text each; a message finds one of them.
inline rule_workload patterns(std::size_t rules, std::size_t messages = 256) {
  std::mt19937_64 random(4);
  rule_workload out;
  for (std::size_t i = 0; i < rules; ++i)
    out.conditions.push_back(
        fmt::format(R"(message.data.text.matches("^order-{} .*(shipped|lost) on [0-9]+"))", i));
  for (std::size_t i = 0; i < messages; ++i)
    out.messages.push_back(
        fmt::format(R"({{"type":"t","data":{{"text":"order-{} was shipped on {}"}}}})",
                    random() % rules, random() % 100));
  return out;
}

/// One tag each; messages have five.
inline rule_workload tags(std::size_t rules, std::size_t messages = 256) {
  std::mt19937_64 random(5);
  rule_workload out;
  for (std::size_t i = 0; i < rules; ++i)
    out.conditions.push_back(fmt::format(R"("tag-{}" in message.data.tags)", i));
  for (std::size_t i = 0; i < messages; ++i) {
    std::string list;
    for (int j = 0; j < 5; ++j)
      list += fmt::format("{}\"tag-{}\"", j == 0 ? "" : ",", random() % rules);
    out.messages.push_back(fmt::format(R"({{"type":"t","data":{{"tags":[{}]}}}})", list));
  }
  return out;
}

}  // namespace nip::bench
