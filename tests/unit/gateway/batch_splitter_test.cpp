#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "gateway/batch/entry_splitter.hpp"
#include "message/message.hpp"

namespace nip::gateway::batch {
namespace {

/// What came out of a splitter, in one line an entry.
using lines = std::vector<std::string>;

std::string show(const piece& found) {
  const std::string at = "@" + std::to_string(found.at) + " ";
  if (found.what == piece::kind::entry) return at + std::string(found.text);
  return at +
         (found.what == piece::kind::fault ? "fault: " + std::string(found.text) : "too large");
}

/// Feeds `text` in pieces that end at each of `cuts`.
lines cut(form which, const std::string& text, const std::vector<std::size_t>& cuts,
          std::size_t bound = 1000) {
  entry_splitter splitter(which, bound);
  lines found;
  std::size_t from = 0;
  auto ends = cuts;
  ends.push_back(text.size());
  for (const std::size_t end : ends) {
    // Of its own, so that a view into an earlier piece would be noticed by the sanitizer.
    std::string part = text.substr(from, end - from);
    part.reserve(part.size() + message::message::padding);
    from = end;
    std::string_view rest = part;
    for (;;) {
      const piece next = splitter.next(rest);
      if (next.what == piece::kind::hungry) break;
      found.push_back(show(next));
      if (next.what == piece::kind::fault) return found;
    }
    EXPECT_TRUE(rest.empty());
  }
  const piece last = splitter.finish();
  if (last.what != piece::kind::hungry) found.push_back(show(last));
  return found;
}

lines whole(form which, const std::string& text, std::size_t bound = 1000) {
  return cut(which, text, {}, bound);
}

TEST(entry_splitter, ElementsOfAnArrayAreFoundWhateverTheyHold) {
  EXPECT_EQ(whole(form::array, R"( [ {"a":[1,{"b":"]}"}]} , 12,"x\"],",true ,[[]],{}] )"),
            (lines{R"(@3 {"a":[1,{"b":"]}"}]})", "@26 12", R"(@29 "x\"],")", "@37 true", "@43 [[]]",
                   "@48 {}"}));
  EXPECT_EQ(whole(form::array, "[]"), lines{});
  EXPECT_EQ(whole(form::array, " [ \n]\r\n\t"), lines{});
}

TEST(entry_splitter, ElementThatIsNoJsonCostsItsOwnPlaceOnly) {
  EXPECT_EQ(whole(form::array, R"([{"a" 1 2},nonsense,{,},1])"),
            (lines{R"(@1 {"a" 1 2})", "@11 nonsense", "@20 {,}", "@24 1"}));
}

TEST(entry_splitter, FaultsSayWhereAndWhatWasExpected) {
  const std::pair<std::string, std::string> cases[] = {
      {"", "@0 fault: expected a JSON array"},
      {"  ", "@2 fault: expected a JSON array"},
      {R"({"type":"a"})", "@0 fault: expected a JSON array"},
      {"[", "@1 fault: expected an element or ]"},
      {"[,1]", "@1 fault: expected an element or ]"},
      {"[}", "@1 fault: expected an element or ]"},
      {R"([{"a":1)", "@7 fault: the element does not end"},
      {R"(["a)", "@3 fault: the element does not end"},
  };
  for (const auto& [text, fault] : cases) EXPECT_EQ(whole(form::array, text), lines{fault}) << text;
  const std::pair<std::string, std::string> behind[] = {
      {"[{}", "@3 fault: expected a comma or ]"},
      {"[{},", "@4 fault: expected an element"},
      {"[{},]", "@4 fault: expected an element"},
      {"[{} {}]", "@4 fault: expected a comma or ]"},
      {"[{}]x", "@4 fault: expected nothing behind the array"},
      {"[{},{\"a\":[}]", "@10 fault: a bracket does not pair with the one that it closes"},
  };
  for (const auto& [text, fault] : behind)
    EXPECT_EQ(whole(form::array, text), (lines{"@1 {}", fault})) << text;
}

TEST(entry_splitter, BracketsAreCountedToABound) {
  const auto nested = [](std::size_t depth) {
    return "[" + std::string(depth, '[') + std::string(depth, ']') + "]";
  };
  EXPECT_EQ(whole(form::array, nested(array_scanner::depth_max), 4096).front().substr(0, 4),
            "@1 [");
  EXPECT_EQ(whole(form::array, nested(array_scanner::depth_max + 1), 4096),
            lines{"@1025 fault: the element has more than 1024 brackets inside of each other"});
}

TEST(entry_splitter, LinesEndEitherWayAndBlankOnesAreNone) {
  EXPECT_EQ(whole(form::lines, "{\"a\":1}\r\n\n  \n2\n \t\r\nlast"),
            (lines{"@0 {\"a\":1}", "@13 2", "@19 last"}));
  EXPECT_EQ(whole(form::lines, ""), lines{});
  EXPECT_EQ(whole(form::lines, "\n \n"), lines{});
}

TEST(entry_splitter, EntryOverTheBoundIsSkippedAndTheNextIsNot) {
  EXPECT_EQ(whole(form::array, R"([1234567,"12345678",{"a":1}])", 7),
            (lines{"@1 1234567", "@9 too large", R"(@20 {"a":1})"}));
  EXPECT_EQ(whole(form::lines, "1234567\n12345678\n1\n12345678", 7),
            (lines{"@0 1234567", "@8 too large", "@17 1", "@19 too large"}));
}

TEST(entry_splitter, EveryCutGivesTheSame) {
  const std::pair<form, std::string> texts[] = {
      {form::array,
       R"( [ {"a":[1,{"b":"]}\\"}]} ,12345678901,"x\"],", true,{"k":"\u0041"},[[]] ] )"},
      {form::array, R"([{"a":1},{"b":2} {"c":3}])"},
      {form::array, R"([{"a":1},{"b":[2}])"},
      {form::array, R"([{"a":"unfinished)"},
      {form::lines, "{\"a\":1}\r\n\n  \n12345678901234\n{\"b\":\"\\n\"}\n\r\nlast"},
  };
  for (const auto& [which, text] : texts)
    for (const std::size_t bound : {std::size_t{10}, std::size_t{1000}}) {
      const lines expected = whole(which, text, bound);
      std::vector<std::size_t> each;
      for (std::size_t at = 0; at <= text.size(); ++at) {
        EXPECT_EQ(cut(which, text, {at}, bound), expected) << text << " cut at " << at;
        for (std::size_t second = at; second <= text.size(); ++second)
          EXPECT_EQ(cut(which, text, {at, second}, bound), expected)
              << text << " cut at " << at << " and " << second;
        if (at != 0) each.push_back(at);
      }
      EXPECT_EQ(cut(which, text, each, bound), expected) << text << " byte by byte";
    }
}

/// Any JSON, with strings full of what could mislead a scanner.
nlohmann::json any_json(xoshiro& random, int depth) {
  static constexpr std::string_view letters = "a\"\\[]{},:\n\t ";
  switch (random.next() % (depth > 3 ? 4 : 6)) {
    case 0:
      return static_cast<std::int64_t>(random.next());
    case 1:
      return nullptr;
    case 2:
      return random.next() % 2 == 0;
    case 3: {
      std::string text;
      for (auto left = random.next() % 12; left > 0; --left)
        text += letters[random.next() % letters.size()];
      return text;
    }
    case 4: {
      auto made = nlohmann::json::array();
      for (auto left = random.next() % 4; left > 0; --left)
        made.push_back(any_json(random, depth + 1));
      return made;
    }
    default: {
      auto made = nlohmann::json::object();
      for (auto left = random.next() % 4; left > 0; --left)
        made["k" + std::to_string(left) + "\"]}"] = any_json(random, depth + 1);
      return made;
    }
  }
}

TEST(entry_splitter, AnyArrayIsCutAsAParserReadsIt) {
  xoshiro random(7);
  for (int round = 0; round < 300; ++round) {
    auto array = nlohmann::json::array();
    for (auto left = random.next() % 6; left > 0; --left) array.push_back(any_json(random, 0));
    const std::string text = array.dump(round % 3 == 0 ? 2 : -1);
    std::vector<std::size_t> cuts;
    for (std::size_t at = 0; at < text.size(); at += 1 + random.next() % 9) cuts.push_back(at);
    const lines found = cut(form::array, text, cuts, 1 << 20);
    ASSERT_EQ(found.size(), array.size()) << text;
    for (std::size_t i = 0; i < found.size(); ++i)
      EXPECT_EQ(nlohmann::json::parse(found[i].substr(found[i].find(' ') + 1)), array[i]) << text;
  }
}

}  // namespace
}  // namespace nip::gateway::batch
