#include <thread>

#include "unit/message/envelope_fixture.hpp"

namespace nip::message {
namespace {

using message_maker = envelope_fixture;

bool inside(std::string_view part, const message& m) {
  const std::string_view text = m.json();
  return part.data() >= text.data() && part.data() + part.size() <= text.data() + text.size();
}

TEST_F(message_maker, CompleteEnvelopeStaysAsItCame) {
  const std::string text =
      R"({ "id":"a","type":"t","timestamp":"2026-01-01T00:00:00Z","data":[1, 2]})";
  const auto m = make("  " + text + "\n");
  EXPECT_EQ(m->json(), text);
  EXPECT_EQ(m->view().data, "[1, 2]");
  EXPECT_TRUE(inside(m->view().data, *m));
  EXPECT_TRUE(m->view().client_id);
  EXPECT_EQ(m->accepted_at(), now);
  EXPECT_EQ(m->tenant(), default_tenant);
}

TEST_F(message_maker, IdAndTimeAreFilledIn) {
  const auto m = make(R"({"type":"t","data":{"a":1}})");
  EXPECT_EQ(
      m->json(),
      R"({"id":"01890a5d-ac96-774b-bcce-b302099a8057","timestamp":"2026-11-22T02:10:07.123Z",)"
      R"("type":"t","data":{"a":1}})");
  EXPECT_EQ(m->view().id, made_id);
  EXPECT_EQ(m->view().timestamp, "2026-11-22T02:10:07.123Z");
  EXPECT_EQ(m->view().type, "t");
  EXPECT_EQ(m->view().data, R"({"a":1})");
  EXPECT_FALSE(m->view().client_id);
  for (const std::string_view part :
       {m->view().id, m->view().timestamp, m->view().type, m->view().data})
    EXPECT_TRUE(inside(part, *m)) << part;
}

TEST_F(message_maker, NullsGiveWayToValues) {
  const auto m = make(
      R"({"timestamp":null,"type":"t","source":"s","id": null ,"metadata":null,"data":7})", trace);
  EXPECT_EQ(m->json(),
            R"({"timestamp":"2026-11-22T02:10:07.123Z","type":"t","source":"s",)"
            R"("id": "01890a5d-ac96-774b-bcce-b302099a8057" ,"metadata":{"traceparent":")" +
                std::string(trace) + R"("},"data":7})");
  EXPECT_EQ(m->view().id, made_id);
  EXPECT_EQ(m->view().source, "s");
  EXPECT_EQ(m->view().data, "7");
  EXPECT_EQ(m->view().metadata, R"({"traceparent":")" + std::string(trace) + R"("})");
}

TEST_F(message_maker, TransportTraceGoesIntoMetadata) {
  const std::string t(trace);
  const std::string head = R"({"id":"i","timestamp":"2026-01-01T00:00:00Z","type":"t")";
  const std::string in_trace = R"("traceparent":")" + t + R"(")";
  struct {
    std::string before, after, metadata;
  } const cases[] = {
      {head + R"(,"metadata":{"k":1},"data":2})",
       head + R"(,"metadata":{)" + in_trace + R"(,"k":1},"data":2})",
       "{" + in_trace + R"(,"k":1})"},
      {head + R"(,"metadata":{ },"data":2})",
       head + R"(,"metadata":{)" + in_trace + R"( },"data":2})", "{" + in_trace + " }"},
      {head + R"(,"metadata":{"traceparent":null,"k":1},"data":2})",
       head + R"(,"metadata":{)" + in_trace + R"(,"k":1},"data":2})",
       "{" + in_trace + R"(,"k":1})"},
      {head + R"(,"data":2})",
       R"({"metadata":{)" + in_trace + "}," + head.substr(1) + R"(,"data":2})",
       "{" + in_trace + "}"},
  };
  for (const auto& c : cases) {
    const auto m = make(c.before, trace);
    EXPECT_EQ(m->json(), c.after);
    EXPECT_EQ(m->view().traceparent, trace);
    EXPECT_EQ(m->view().metadata, c.metadata);
    EXPECT_EQ(m->view().data, "2");
    EXPECT_EQ(m->view().id, "i");
  }
}

TEST_F(message_maker, EnvelopeTraceWinsOverTransportTrace) {
  const std::string own = "00-11111111111111111111111111111111-2222222222222222-00";
  const auto m = make(R"({"type":"t","metadata":{"traceparent":")" + own + R"("}})", trace);
  EXPECT_EQ(m->view().traceparent, own);
  EXPECT_EQ(m->json().find(trace), std::string_view::npos);
}

TEST_F(message_maker, TransportTraceOfWrongFormIsLeftOut) {
  EXPECT_EQ(make(R"({"type":"t"})", "garbage\"")->json().find("trace"), std::string_view::npos);
}

TEST_F(message_maker, CanonicalTextParsesToTheSameFields) {
  for (const std::string_view text :
       {R"({"type":"t"})", R"({"id":null,"type":"t","metadata":{"topic":"a.b"},"timestamp":null})",
        R"({"type":"t\/n","metadata":{"traceparent":null,"ordering_key":"\u00e9"},"data":"x"})"}) {
    const auto m = make(text, trace);
    const auto again = parse_good(m->json());
    EXPECT_EQ(again.view.id, m->view().id);
    EXPECT_EQ(again.view.timestamp, m->view().timestamp);
    EXPECT_EQ(again.view.traceparent, m->view().traceparent);
    EXPECT_EQ(again.view.metadata, m->view().metadata);
    EXPECT_EQ(again.view.topic, m->view().topic);
    EXPECT_EQ(again.view.ordering_key, m->view().ordering_key);
    EXPECT_EQ(again.view.data, m->view().data);
  }
}

TEST_F(message_maker, DecodedStringsLiveInTheMessage) {
  const auto m = make(R"({"type":"a\/b","source":"plain","metadata":{"tenant":"\u0041cme"}})");
  parse_good(R"({"type":"overwrites the parser's strings \/\/\/\/\/\/"})");
  inputs_.clear();
  EXPECT_EQ(m->view().type, "a/b");
  EXPECT_EQ(m->view().tenant, "Acme");
  EXPECT_EQ(m->view().source, "plain");
  EXPECT_FALSE(inside(m->view().type, *m));
  EXPECT_TRUE(inside(m->view().source, *m));
}

TEST_F(message_maker, OutlivesItsPoolAndDiesOnAnyThread) {
  message_ptr kept;
  {
    buffer_pool short_lived;
    kept = make_message(short_lived, parse_good(R"({"type":"t"})"),
                        {default_tenant, now, made_id, {}});
  }
  EXPECT_EQ(kept->view().type, "t");
  std::thread([last = std::move(kept)]() mutable { last.reset(); }).join();
}

TEST_F(message_maker, FootprintCoversTheTextAndThePadding) {
  const auto m = make(R"({"type":"t","data":")" + std::string(5000, 'x') + "\"}");
  EXPECT_GE(m->footprint(), m->json().size() + message::padding + sizeof(message));
  EXPECT_LE(m->footprint(), 2 * (m->json().size() + message::padding + sizeof(message)));
}

TEST_F(message_maker, RestoreGivesTheSameMessage) {
  const auto m = make(R"({"type":"t\/u","data":[1],"metadata":{"priority":"low","hops":3}})");
  const std::string stored(m->json());  // no padding behind it
  const auto restored = restore_message(pool_, parser_, stored, tenant_id(9), now);
  ASSERT_TRUE(restored) << restored.error().detail;
  EXPECT_EQ((*restored)->json(), m->json());
  EXPECT_EQ((*restored)->view().type, "t/u");
  EXPECT_EQ((*restored)->view().data, "[1]");
  EXPECT_EQ((*restored)->view().urgency, priority::low);
  EXPECT_EQ((*restored)->view().hops, 3);
  EXPECT_EQ((*restored)->tenant(), tenant_id(9));
  EXPECT_TRUE(inside((*restored)->view().id, **restored));
}

TEST_F(message_maker, RestoreRefusesWhatWasNeverCanonical) {
  for (const std::string_view text :
       {R"({"type":"t"})", "garbage", "",
        R"( {"id":"i","type":"t","timestamp":"2026-01-01T00:00:00Z"})"}) {
    const auto restored = restore_message(pool_, parser_, text, default_tenant, now);
    ASSERT_FALSE(restored) << text;
    EXPECT_EQ(restored.error().code, errc::corrupt);
  }
}

}  // namespace
}  // namespace nip::message
