#include "cli/table.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace nip::cli {
namespace {

std::string printed(const table& shown, bool coloured = false) {
  std::ostringstream out;
  shown.print(out, painter(coloured));
  return out.str();
}

TEST(table, ColumnsAreAsWideAsTheirWidestCell) {
  table shown({{"ID"}, {"COUNT", align::right}, {"NOTE"}});
  shown.add({"a", "7", "x"});
  shown.add({"longer", "12345", ""});
  EXPECT_EQ(printed(shown),
            "ID      COUNT  NOTE\n"
            "a           7  x\n"
            "longer  12345\n");
}

TEST(table, ColoursDoNotMoveColumns) {
  table shown({{"ID"}, {"NOTE"}});
  shown.add({cell("a", colour::red), "x"});
  EXPECT_EQ(printed(shown, true),
            "\x1b[1mID\x1b[0m  \x1b[1mNOTE\x1b[0m\n"
            "\x1b[31ma\x1b[0m   x\n");
}

TEST(table, LongCellsAreCutAtTheColumnsBound) {
  table shown({{"TEXT", align::left, 5}});
  shown.add({"abcdefgh"});
  shown.add({"abcde"});
  EXPECT_EQ(printed(shown), "TEXT\nabcd…\nabcde\n");
}

TEST(table, WidthCountsCodePointsNotBytes) {
  table shown({{"A"}, {"B"}});
  shown.add({"äöü", "x"});
  shown.add({"abc", "y"});
  EXPECT_EQ(printed(shown), "A    B\näöü  x\nabc  y\n");
}

TEST(table, ControlCharactersOfAMessageCannotMoveTheCursor) {
  table shown({{"A"}});
  shown.add({"a\x1b[2Jb\nc"});
  EXPECT_EQ(printed(shown), "A\na [2Jb c\n");
}

TEST(table, ShortRowsAreFilledUp) {
  table shown({{"A"}, {"B"}});
  shown.add({"x"});
  EXPECT_EQ(printed(shown), "A  B\nx\n");
}

}  // namespace
}  // namespace nip::cli
