// has() of a field that a record lacks was the record's error: a record like `message` is no value
// by itself, so `!has(message.source)` failed where it had to hold.
#include <gtest/gtest.h>

#include "cel/input.hpp"
#include "cel/program.hpp"
#include "cel/write.hpp"

namespace nip::cel {
namespace {

// A record whose fields are found without building it.
class record_input final : public input {
 public:
  using input::input;

 protected:
  value resolve(const path& wanted) noexcept override {
    if (wanted.parent == no_path) {
      return value::failure(eval_errc::no_such_overload, wanted.text);
    }
    if (wanted.text == "message.id") return value::string("7");
    if (wanted.text == "message.source") return value::failure(eval_errc::no_such_key, wanted.text);
    return step_down(wanted);
  }
};

std::string shown(std::string_view source) {
  environment env;
  env.object("message", {{"id", {.kind = type_kind::string}}, {"source", {}}});
  env.variable("message", object_of("message"));
  path_table paths;
  const auto made = compile(source, env, paths);
  if (!made) return made.error().detail;
  record_input in(paths);
  arena memory;
  const value v = made->evaluate(in, memory);
  return v.is_error() ? "error: " + error_text(v) : to_literal(v);
}

TEST(cel_record, AbsentFieldsAreAbsent) {
  EXPECT_EQ(shown("has(message.id)"), "true");
  EXPECT_EQ(shown("has(message.source)"), "false");
  EXPECT_EQ(shown("!has(message.source)"), "true");
  EXPECT_EQ(shown("message.?id"), "optional.of(\"7\")");
  EXPECT_EQ(shown("message.?source.orValue('none')"), "\"none\"");
  EXPECT_EQ(shown("message.?source.deep.orValue('none')"), "\"none\"");
}

TEST(cel_record, WhatHoldsAnAbsentFieldMustBeThere) {
  EXPECT_EQ(shown("has(message.source.deep)"), "error: no such key: message.source");
  EXPECT_EQ(shown("message.source.?deep"), "error: no such key: message.source");
}

}  // namespace
}  // namespace nip::cel
