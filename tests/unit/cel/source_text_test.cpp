#include "cel/source_text.hpp"

#include <gtest/gtest.h>

#include "cel/parser.hpp"

namespace nip::cel {
namespace {

TEST(source_text, ReadsAsItWasWritten) {
  for (const char* source :
       {"message.data.amount > 1000", "a && b || c", "a && (b || c)", "(a + b) * c - -d",
        "a - (b - c)", "!x.y", "has(m.data.x)", "x ? y : z", "(x ? y : z) + 1",
        "a in [1, 2u, \"s\"]", "items.exists(i, i.price > 2.5)", "items.map(i, i > 1, i * 2)",
        "m[\"k\"].f(1, x)", "size({\"a\": 1})", "T{f: 1}", ".rooted.name"}) {
    const auto tree = parse(source);
    ASSERT_TRUE(tree) << source;
    EXPECT_EQ(to_source(*tree, tree->root()), source);
  }
}

}  // namespace
}  // namespace nip::cel
