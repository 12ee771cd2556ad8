// Counts what the heap is asked for: after warm-up a message must cost nothing.
#include "unit/allocations.hpp"
#include "unit/message/envelope_fixture.hpp"

namespace nip::message {
namespace {

using message_allocations = envelope_fixture;

TEST_F(message_allocations, AWarmCodecAndPoolAllocateNothing) {
  std::string text = R"({"type":"order\/created","source":"shop","data":{"n":[1,2,3]},)"
                     R"("metadata":{"priority":"high","topic":"a.b"}})";
  text.reserve(text.size() + message::padding);
  const auto once = [&] {
    const auto envelope = parser_.parse(text);
    return make_message(pool_, *envelope, {default_tenant, now, made_id, trace});
  };
  std::string stored(once()->json());
  ASSERT_TRUE(restore_message(pool_, parser_, stored, default_tenant, now));
  const std::size_t before = allocations;
  for (int i = 0; i < 1000; ++i) {
    const message_ptr first = once();
    const message_ptr second = once();
    const auto third = restore_message(pool_, parser_, stored, default_tenant, now);
    if (i == 0) continue;  // three at once are new
    ASSERT_EQ(first->view().type, "order/created");
    ASSERT_TRUE(third);
  }
  // The first turn asks for blocks of two classes; the other 999 ask for nothing.
  EXPECT_LE(allocations - before, 4U);
}

}  // namespace
}  // namespace nip::message
