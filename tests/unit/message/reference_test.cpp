// Holds docs/reference/message.md to what the codec does.
#include <fstream>
#include <sstream>

#include "unit/message/envelope_fixture.hpp"

namespace nip::message {
namespace {

class message_reference : public envelope_fixture {
 protected:
  message_reference() {
    std::ostringstream text;
    text << std::ifstream(NIP_SOURCE_DIR "/docs/reference/message.md").rdbuf();
    page_ = text.str();
  }
  /// What stands between the marks, from `from` on; `from` moves behind it.
  std::string between(std::string_view open, std::string_view close, std::size_t& from) const {
    const std::size_t start = page_.find(open, from);
    const std::size_t end =
        start == std::string::npos ? start : page_.find(close, start + open.size());
    from = end;
    return end == std::string::npos ? ""
                                    : page_.substr(start + open.size(), end - start - open.size());
  }

  std::string page_;
};

TEST_F(message_reference, TheExampleIsAMessage) {
  std::size_t from = 0;
  const auto p = parse_good(between("```json\n", "```", from));
  EXPECT_EQ(p.view.urgency, priority::high);
}

TEST_F(message_reference, EveryRefusalReadsAsThePageSays) {
  std::size_t from = page_.find("## Refusals");
  const std::size_t end = page_.find("\n## ", from + 1);
  int rows = 0;
  for (;; ++rows) {
    const std::string text = between("\n| `", "` | `", from);
    if (from >= end) break;
    const std::string answer = between("` | `", "` |\n", from);
    const auto envelope = parse(text);
    ASSERT_FALSE(envelope) << text;
    EXPECT_EQ(envelope.error().detail, answer) << text;
  }
  EXPECT_EQ(rows, 9);
}

}  // namespace
}  // namespace nip::message
