// W3C trace context, held against the specification's valid and invalid cases.
#include "observability/trace.hpp"

#include <gtest/gtest.h>

namespace nip::observability {
namespace {

constexpr std::string_view valid = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(traceparent, IsReadAndWrittenBack) {
  const auto read = parse_traceparent(valid);
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->sampled());
  EXPECT_EQ(read->trace_id[0], 0x4b);
  EXPECT_EQ(read->span_id[7], 0xb7);
  EXPECT_EQ(format_traceparent(*read), valid);
}

TEST(traceparent, NotSampledStaysNotSampled) {
  const auto read = parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00");
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->sampled());
}

TEST(traceparent, NewerVersionIsReadByItsFirstFields) {
  for (const char* text :
       {"cc-12345678901234567890123456789012-1234567890123456-01",
        "cc-12345678901234567890123456789012-1234567890123456-01-what-the-future-will-be-like"}) {
    const auto read = parse_traceparent(text);
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(format_traceparent(*read), "00-12345678901234567890123456789012-1234567890123456-01");
  }
}

TEST(traceparent, UnknownFlagsAreNotPassedOn) {
  const auto read = parse_traceparent("00-12345678901234567890123456789012-1234567890123456-ff");
  ASSERT_TRUE(read);
  EXPECT_EQ(format_traceparent(*read).substr(53), "01");
}

TEST(traceparent, InvalidOnesAreIgnored) {
  for (const char* text : {
           "", "00",
           "ff-12345678901234567890123456789012-1234567890123456-01",        // forbidden version
           "00-00000000000000000000000000000000-1234567890123456-01",        // zero trace
           "00-12345678901234567890123456789012-0000000000000000-01",        // zero span
           "00-12345678901234567890123456789012-1234567890123456-01-extra",  // 00 has no more
                                                                             // fields
           "00-12345678901234567890123456789012-1234567890123456-01-",
           "cc-12345678901234567890123456789012-1234567890123456-01.what",  // no dash behind
           "00-1234567890123456789012345678901-1234567890123456-01",        // short trace
           "00-123456789012345678901234567890123-1234567890123456-01",      // long trace
           "00-12345678901234567890123456789012-123456789012345-01",        // short span
           "00-12345678901234567890123456789012-12345678901234567-01",      // long span
           "00-12345678901234567890123456789012-1234567890123456-1",        // short flags
           "00-12345678901234567890123456789012-1234567890123456-0x",       // flags not hex
           "00-1234567890123456789012345678901x-1234567890123456-01",       // trace not hex
           "00-12345678901234567890123456789012-123456789012345.-01",       // span not hex
           "00-4BF92F3577B34DA6A3CE929D0E0E4736-00F067AA0BA902B7-01",       // upper case
           "0x-12345678901234567890123456789012-1234567890123456-01",       // version not hex
           "0-12345678901234567890123456789012-1234567890123456-01",        // short version
           "00_12345678901234567890123456789012_1234567890123456_01",       // wrong separators
           " 00-12345678901234567890123456789012-1234567890123456-01",      // space in front
           "00-12345678901234567890123456789012-1234567890123456-01 ",      // and behind
       })
    EXPECT_FALSE(parse_traceparent(text)) << text;
}

TEST(trace, ChildKeepsTheTraceUnderItsOwnSpan) {
  xoshiro random(1);
  const auto parent = parse_traceparent(valid).value();
  const trace_context child = child_of(parent, random);
  EXPECT_EQ(child.trace_id, parent.trace_id);
  EXPECT_EQ(child.flags, parent.flags);
  EXPECT_NE(child.span_id, parent.span_id);
  EXPECT_NE(child_of(parent, random), child);
}

TEST(trace, NewTraceIsValidAndRandom) {
  xoshiro random(2);
  const trace_context first = new_trace(random, true);
  const trace_context second = new_trace(random, false);
  EXPECT_EQ(parse_traceparent(format_traceparent(first)), first);
  EXPECT_NE(first.trace_id, second.trace_id);
  EXPECT_TRUE(first.sampled());
  EXPECT_FALSE(second.sampled());
}

/// Gives zeros first, as a source that is unlucky once in 2^64.
class zeros_first final : public random_source {
 public:
  std::uint64_t next() noexcept override { return calls_++ < 2 ? 0 : 7; }

 private:
  int calls_ = 0;
};

TEST(trace, IdsAreNeverAllZero) {
  zeros_first random;
  EXPECT_TRUE(parse_traceparent(format_traceparent(new_trace(random, true))));
}

}  // namespace
}  // namespace nip::observability
