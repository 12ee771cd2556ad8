#include "observability/exposition.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <stdexcept>

namespace nip::observability {
namespace {

// Powers of two nanoseconds that become `le` bounds: 2^10 is 1.024 µs, 2^34 is 17.2 s.
constexpr unsigned first_bound_bit = 10;
constexpr unsigned last_bound_bit = 34;

std::string_view type_name(metric_type type) {
  switch (type) {
    case metric_type::counter:
      return "counter";
    case metric_type::gauge:
      return "gauge";
    case metric_type::histogram:
      return "histogram";
  }
  return "untyped";
}

bool is_name(std::string_view text, bool colon_allowed) {
  const auto fits = [colon_allowed](char c, bool first) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    return letter || (colon_allowed && c == ':') || (!first && c >= '0' && c <= '9');
  };
  if (text.empty() || !fits(text[0], true)) return false;
  return std::ranges::all_of(text, [&](char c) { return fits(c, false); });
}

void require_name(std::string_view text, bool colon_allowed) {
  if (!is_name(text, colon_allowed))
    throw std::logic_error(fmt::format("\"{}\" is not a name that Prometheus accepts", text));
}

void append_escaped(std::string& out, std::string_view text, bool quotes) {
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && quotes) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
}

void append_label(std::string& out, const label& what, bool first) {
  require_name(what.name, false);
  if (!first) out += ',';
  out += what.name;
  out += "=\"";
  append_escaped(out, what.value, true);
  out += '"';
}

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

}  // namespace

void exposition::family(std::string_view name, std::string_view help, metric_type type) {
  const auto known = std::ranges::find(groups_, name, &group::name);
  current_ = static_cast<std::size_t>(known - groups_.begin());
  if (known != groups_.end()) {
    if (known->type != type)
      throw std::logic_error(fmt::format("metric \"{}\" is a {}, not a {}", name,
                                         type_name(known->type), type_name(type)));
    return;
  }
  require_name(name, true);
  group fresh{std::string(name), {}, {}, type};
  fresh.header = fmt::format("# HELP {} ", name);
  append_escaped(fresh.header, help, false);
  fresh.header += fmt::format("\n# TYPE {} {}\n", name, type_name(type));
  groups_.push_back(std::move(fresh));
}

void exposition::sample(labels of, std::uint64_t value) { number_line(of, fmt::to_string(value)); }

void exposition::sample(labels of, std::int64_t value) { number_line(of, fmt::to_string(value)); }

void exposition::sample(labels of, double value) { number_line(of, number(value)); }

void exposition::sample(labels of, const histogram_snapshot& value) {
  current(metric_type::histogram);
  for (unsigned bit = first_bound_bit; bit <= last_bound_bit; bit += 1) {
    const nanoseconds bound(std::int64_t{1} << bit);
    const std::string le = number(static_cast<double>(bound.count()) * 1e-9);
    const label extra{"le", le};
    line("_bucket", of, &extra, fmt::to_string(value.count_below(bound)));
  }
  const label infinite{"le", "+Inf"};
  line("_bucket", of, &infinite, fmt::to_string(value.count()));
  line("_sum", of, nullptr, number(static_cast<double>(value.sum().count()) * 1e-9));
  line("_count", of, nullptr, fmt::to_string(value.count()));
}

std::string exposition::text() const {
  std::string out;
  for (const group& each : groups_) {
    out += each.header;
    out += each.lines;
  }
  return out;
}

void exposition::number_line(labels of, std::string_view digits) {
  if (current_ < groups_.size() && groups_[current_].type == metric_type::histogram)
    throw std::logic_error(fmt::format("metric \"{}\" is a histogram", groups_[current_].name));
  line("", of, nullptr, digits);
}

exposition::group& exposition::current(metric_type expected) {
  if (current_ >= groups_.size()) throw std::logic_error("a sample before any family");
  group& now = groups_[current_];
  if (now.type != expected)
    throw std::logic_error(fmt::format("metric \"{}\" is a {}, not a {}", now.name,
                                       type_name(now.type), type_name(expected)));
  return now;
}

void exposition::line(std::string_view suffix, labels of, const label* extra,
                      std::string_view digits) {
  if (current_ >= groups_.size()) throw std::logic_error("a sample before any family");
  group& now = groups_[current_];
  std::string& out = now.lines;
  out += now.name;
  out += suffix;
  if (of.size() > 0 || extra != nullptr) {
    out += '{';
    bool first = true;
    for (const label& each : of) {
      append_label(out, each, first);
      first = false;
    }
    if (extra != nullptr) append_label(out, *extra, first);
    out += '}';
  }
  out += ' ';
  out += digits;
  out += '\n';
}

}  // namespace nip::observability
