// A codec with padded input, and the short way from text to message, for the tests of this room.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <string>

#include "message/codec.hpp"

namespace nip::message {

class envelope_fixture : public testing::Test {
 protected:
  static constexpr std::string_view made_id = "01890a5d-ac96-774b-bcce-b302099a8057";
  static constexpr std::string_view trace =
      "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  /// 2026-11-22T02:10:07.123Z
  static constexpr wall_time now{1'795'313'407'123'000'000};

  /// Parses a padded copy that lives as long as the fixture.
  result<parsed> parse(std::string_view text) {
    std::string& kept = inputs_.emplace_back(text);
    kept.reserve(text.size() + message::padding);
    return parser_.parse(kept);
  }
  parsed parse_good(std::string_view text) {
    auto envelope = parse(text);
    EXPECT_TRUE(envelope) << envelope.error().detail;
    return envelope ? *envelope : parsed{};
  }
  /// The refusal's text, with the code checked.
  std::string refusal(std::string_view text, errc code = errc::invalid_argument) {
    const auto envelope = parse(text);
    if (envelope) return "accepted";
    EXPECT_EQ(to_string(envelope.error().code), to_string(code)) << envelope.error().detail;
    return envelope.error().detail;
  }
  message_ptr make(std::string_view text, std::string_view traceparent = {}) {
    return make_message(pool_, parse_good(text), {default_tenant, now, made_id, traceparent});
  }

  buffer_pool pool_;
  codec parser_;
  std::deque<std::string> inputs_;
};

}  // namespace nip::message
