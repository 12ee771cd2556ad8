// Compiles and evaluates in one line, over variables given as JSON.
#pragma once

#include <gtest/gtest.h>
#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>

#include "cel/json_input.hpp"
#include "cel/program.hpp"
#include "cel/write.hpp"

namespace nip::cel {

/// Each member of the JSON object is a variable of type dyn, unless the environment declares it.
class expression {
 public:
  explicit expression(std::string_view variables = "{}", environment env = {})
      : document_(variables), env_(std::move(env)) {
    variables_ = parser_.parse(document_).value();
    for (const auto field : variables_.get_object()) {
      if (env_.find_variable(field.key) == nullptr) env_.variable(std::string(field.key));
    }
  }

  result<program> compiled(std::string_view source) { return compile(source, env_, paths_); }

  /// The value as a CEL literal; "error: ..." when it is one, "refused: ..." when it does not
  /// compile.
  std::string operator()(std::string_view source) {
    auto made = compiled(source);
    if (!made) return "refused: " + made.error().detail;
    kept_ = *made;
    in_.set_all(variables_);
    const value v = kept_->evaluate(in_, memory_);
    return v.is_error() ? "error: " + error_text(v) : to_literal(v);
  }
  /// The place and message of a refusal, without the picture below.
  std::string refusal(std::string_view source) {
    const auto made = compiled(source);
    return made ? "compiles" : made.error().detail.substr(0, made.error().detail.find('\n'));
  }
  environment& env() { return env_; }
  path_table& paths() { return paths_; }

 private:
  simdjson::padded_string document_;
  simdjson::dom::parser parser_;
  simdjson::dom::element variables_;
  environment env_;
  path_table paths_;
  json_input in_{paths_};
  arena memory_;
  std::optional<program> kept_;
};

/// One line of a table: an expression and the literal of its value.
struct sample {
  std::string_view source;
  std::string_view expected;
};

/// Evaluates each sample without variables.
template <std::size_t N>
void expect_all(const sample (&samples)[N], std::string_view variables = "{}",
                const environment& env = {}) {
  for (const sample& s : samples) {
    expression e(variables, env);
    EXPECT_EQ(e(s.source), s.expected) << s.source;
  }
}

}  // namespace nip::cel
