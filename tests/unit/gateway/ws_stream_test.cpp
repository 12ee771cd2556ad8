#include "unit/gateway/peer.hpp"

namespace nip::gateway {
namespace {

using ws_stream = stream_test;

TEST_F(ws_stream, BareEnvelopeIsAPublishAtTheLevelOfTheUrl) {
  EXPECT_TRUE(say(R"({"type":"a"})").empty());
  ASSERT_EQ(port.open.size(), 1U);
  EXPECT_EQ(port.open.front().text, R"({"type":"a"})");
  EXPECT_FALSE(port.open.front().level);
  slot = table->open();
  connect("/v4/stream?ack=memory");
  say("{}");
  EXPECT_EQ(port.open.back().level, message::ack_level::memory);
}

TEST_F(ws_stream, AcknowledgementsOfATurnLeaveAsOneRun) {
  send(client_frame("{}") + client_frame("{}") + client_frame("{}"));
  for (std::uint64_t seq = 17; seq < 20; ++seq) accept(seq);
  const auto text = take();
  EXPECT_EQ(frames_in(text).at(0).payload,
            R"({"op":"accepted","from":1,"to":3,"seq":17,"ack":"fsync","generation":4})");
  EXPECT_EQ(frames_in(text).size(), 1U);
}

TEST_F(ws_stream, MemoryRunsHaveNoSequence) {
  send(client_frame("{}") + client_frame("{}"));
  accept(0, message::ack_level::memory);
  accept(0, message::ack_level::memory);
  const auto heard = hear();
  EXPECT_EQ(heard["to"], 2);
  EXPECT_EQ(heard["seq"], 0);
}

TEST_F(ws_stream, RunBreaksWhereSequenceLevelOrDuplicateDo) {
  send(client_frame("{}") + client_frame("{}") + client_frame("{}") + client_frame("{}") +
       client_frame("{}"));
  accept(10);
  accept(12);                                     // a gap in the sequence
  accept(13, message::ack_level::buffered);       // another level
  accept(5, message::ack_level::buffered, true);  // a duplicate
  accept(14, message::ack_level::buffered);
  const auto frames = frames_in(take());
  ASSERT_EQ(frames.size(), 5U);
  EXPECT_EQ(frames[3].json()["duplicate"], true);
  EXPECT_FALSE(frames[4].json().contains("duplicate"));
  EXPECT_EQ(frames[4].json()["from"], 5);
}

TEST_F(ws_stream, RefusalNamesTheOrdinal) {
  send(client_frame("{}") + client_frame("nonsense"));
  ASSERT_EQ(port.open.size(), 2U);
  const auto second = port.open.back().from;
  accept(1);
  table->on_refused(second, {errc::parse, "envelope: byte 0", std::source_location::current()});
  const auto frames = frames_in(take());
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames[1].json()["op"], "refused");
  EXPECT_EQ(frames[1].json()["n"], 2);
  EXPECT_EQ(frames[1].json()["problem"]["status"], 400);
}

TEST_F(ws_stream, PublishOperationTakesOneOrMany) {
  say(R"({"op":"publish","ack":"buffered","message":{"type":"a", "data": {"x":[1,2]} } })");
  say(R"(  { "messages":[{"type":"b"} , {"type":"c"}], "op":"publish"})");
  ASSERT_EQ(port.open.size(), 3U);
  EXPECT_EQ(port.open[0].text, R"({"type":"a", "data": {"x":[1,2]} })");
  EXPECT_EQ(port.open[0].level, message::ack_level::buffered);
  EXPECT_EQ(port.open[1].text, R"({"type":"b"})");
  EXPECT_EQ(port.open[2].text, R"({"type":"c"})");
  for (std::uint64_t seq = 1; seq < 4; ++seq) accept(seq);
  EXPECT_EQ(hear()["to"], 3);
}

TEST_F(ws_stream, MalformedPublishTakesAnOrdinalAndIsRefused) {
  const auto frames = say(R"({"op":"publish","message":1})");
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].json()["op"], "refused");
  EXPECT_EQ(frames[0].json()["n"], 1);
  say("{}");
  accept(9);
  EXPECT_EQ(hear()["from"], 2);
}

TEST_F(ws_stream, MalformedOperationIsAnErrorWithItsRef) {
  const std::pair<std::string, std::string> cases[] = {
      {R"({"op":"pong"})", "did you mean"},
      {R"({"op":"credit","sub":1,"ref":7})", "expected"},
      {R"({"op":"subscribe","topik":"a"})", "did you mean"},
      {R"({"op":7})", "a string"},
      {R"({"op":"unsubscribe","sub":-1})", "whole number"}};
  for (const auto& [text, expected] : cases) {
    const auto frames = say(text);
    ASSERT_EQ(frames.size(), 1U) << text;
    EXPECT_EQ(frames[0].json()["op"], "error") << text;
    EXPECT_NE(frames[0].json()["problem"]["detail"].get<std::string>().find(expected),
              std::string::npos)
        << frames[0].payload;
  }
  EXPECT_EQ(say(R"({"op":"credit","sub":1,"ref":7})").at(0).json()["ref"], 7);
  EXPECT_EQ(say(R"({"op":"ping","ref":"a\"b"})").at(0).payload, R"({"op":"pong","ref":"a\"b"})");
}

TEST_F(ws_stream, WordOpInsideOfAMessageIsNoOperation) {
  say(R"({"type":"a","data":{"op":"ping"}})");
  say(R"({"type":"op"})");
  say(R"({"type":"\"op\":"})");
  EXPECT_EQ(port.open.size(), 3U);
}

TEST_F(ws_stream, RequestIsAcceptedThenReplied) {
  say(R"({"op":"request","wait":5,"message":{"type":"q"}})");
  ASSERT_EQ(port.open.size(), 1U);
  EXPECT_EQ(port.open.front().wait, std::chrono::seconds(5));
  const auto from = port.open.front().from;
  accept(3);
  table->on_reply(from,
                  message_of(R"({"id":"r","type":"answer","timestamp":"2026-01-01T00:00:00Z"})"));
  const auto frames = frames_in(take());
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames[0].json()["from"], 1);
  EXPECT_EQ(frames[1].payload, R"({"op":"reply","n":1,"message":)"
                               R"({"id":"r","type":"answer","timestamp":"2026-01-01T00:00:00Z"}})");
}

TEST_F(ws_stream, RepliesThatNobodyReadsAreHeldWithinABound) {
  settings.bounds.output_bytes_max = 64;
  remake();
  connect();
  for (int i = 0; i < 3; ++i) say(R"({"op":"request","wait":5,"message":{"type":"q"}})");
  ASSERT_EQ(port.open.size(), 3U);
  std::vector<broker::caller> callers;
  for (const auto& one : port.open) callers.push_back(one.from);
  const auto reply = message_of(R"({"type":"answer","data":")" + std::string(1500, 'x') + "\"}");
  for (const auto& each : callers) table->on_reply(each, reply);
  const auto frames = frames_in(take());
  ASSERT_EQ(frames.size(), 3U);
  EXPECT_TRUE(frames[0].json()["message"].is_object()) << "alone it may have any size";
  for (const std::size_t i : {1U, 2U}) {
    EXPECT_EQ(frames[i].json()["n"], i + 1);
    EXPECT_TRUE(frames[i].json()["message"].is_null());
    EXPECT_EQ(frames[i].json()["state"], "pending");
  }
  EXPECT_EQ(counts.replies_held.value(), 2U);
}

TEST_F(ws_stream, WaitIsSecondsOrADurationAndCut) {
  say(R"({"op":"request","wait":0.5,"message":{}})");
  say(R"({"op":"request","wait":"250ms","message":{}})");
  say(R"({"op":"request","wait":1e9,"message":{}})");
  say(R"({"op":"request","message":{}})");
  ASSERT_EQ(port.open.size(), 4U);
  EXPECT_EQ(port.open[0].wait, std::chrono::milliseconds(500));
  EXPECT_EQ(port.open[1].wait, std::chrono::milliseconds(250));
  EXPECT_EQ(port.open[2].wait, std::chrono::seconds(300));
  EXPECT_EQ(port.open[3].wait, ws::session::wait_default);
  EXPECT_EQ(say(R"({"op":"request","wait":-1,"message":{}})").at(0).json()["op"], "refused");
}

TEST_F(ws_stream, NoReplyIsANullMessageWithItsState) {
  const std::pair<broker::no_reply, std::string> cases[] = {{broker::no_reply::late, "pending"},
                                                            {broker::no_reply::none, "done"},
                                                            {broker::no_reply::failed, "failed"}};
  for (const auto& [how, state] : cases) {
    say(R"({"op":"request","message":{}})");
    const auto from = port.open.front().from;
    accept(0);
    table->on_no_reply(from, how, "why");
    const auto frames = frames_in(take());
    ASSERT_EQ(frames.size(), 2U);
    EXPECT_TRUE(frames[1].json()["message"].is_null());
    EXPECT_EQ(frames[1].json()["state"], state);
  }
}

TEST_F(ws_stream, SubscriptionHearsItsEvents) {
  const auto frames = say(
      R"({"op":"subscribe","topic":"a.*","filter":"true","credit":5,"overflow":"cut","ref":1})");
  EXPECT_EQ(frames.at(0).payload, R"({"op":"subscribed","sub":1,"ref":1})");
  ASSERT_EQ(port.subscriptions.size(), 1U);
  const auto& wish = port.subscriptions[0];
  EXPECT_EQ(wish.topic, "a.*");
  EXPECT_EQ(wish.credit, 5U);
  EXPECT_EQ(wish.on_overflow, broker::overflow::cut);
  const auto what = message_of(R"({"id":"m","type":"t","timestamp":"2026-01-01T00:00:00Z"})");
  const broker::event items[] = {{tenant_seq_t(4), what}, {tenant_seq_t(5), what}};
  table->on_events(wish.to, wish.id, items);
  const auto heard = hear();
  EXPECT_EQ(heard["sub"], 1);
  EXPECT_EQ(heard["items"].size(), 2U);
  EXPECT_EQ(heard["items"][1]["seq"], 5);
  EXPECT_EQ(heard["items"][1]["message"]["id"], "m");
}

TEST_F(ws_stream, CreditComesBackByItselfUnlessThePeerCounts) {
  say(R"({"op":"subscribe"})");
  say(R"({"op":"subscribe","credit":3})");
  const auto what = message_of(R"({"type":"t"})");
  const broker::event items[] = {{tenant_seq_t(4), what}, {tenant_seq_t(5), what}};
  for (const auto& wish : port.subscriptions) table->on_events(wish.to, wish.id, items);
  take();
  EXPECT_EQ(port.credits[1], 2U);
  EXPECT_EQ(port.credits.count(2), 0U);
  say(R"({"op":"credit","sub":2,"n":9})");
  EXPECT_EQ(port.credits[2], 9U);
}

TEST_F(ws_stream, SlowSubscriberIsToldWhatItMissed) {
  settings.bounds.output_bytes_max = 300;
  remake();
  connect();
  say(R"({"op":"subscribe"})");
  say(R"({"op":"subscribe","overflow":"cut"})");
  const auto first = port.subscriptions.at(0);
  const auto second = port.subscriptions.at(1);
  const auto what = message_of(R"({"type":"t","data":")" + std::string(400, 'x') + "\"}");
  const broker::event items[] = {{tenant_seq_t(4), what}};
  table->on_events(first.to, first.id, items);
  table->on_events(first.to, first.id, items);
  table->on_events(second.to, second.id, items);
  EXPECT_EQ(frames_in(take()).size(), 1U);
  const auto frames = frames_in(take());
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames[0].payload, R"({"op":"gap","sub":1,"missed":1})");
  EXPECT_EQ(frames[1].payload, R"({"op":"gap","sub":2,"missed":1,"ended":true})");
  EXPECT_EQ(port.subscriptions.size(), 1U);
  EXPECT_EQ(counts.events_missed.value(), 2U);
}

TEST_F(ws_stream, BurstOfEventsStaysWithinTheBoundOfTheOutbox) {
  settings.bounds.output_bytes_max = 4096;
  remake();
  connect();
  for (int i = 0; i < 3; ++i) say(R"({"op":"subscribe"})");
  const auto what = message_of(R"({"type":"t","data":")" + std::string(300, 'x') + "\"}");
  std::vector<broker::event> burst;
  for (std::uint64_t seq = 1; seq <= 9; ++seq) burst.push_back({tenant_seq_t(seq), what});
  for (int turn = 0; turn < 20; ++turn) {
    for (const auto& wish : port.subscriptions) {
      table->on_events(wish.to, wish.id, burst);
      EXPECT_LE(peer().output().size(), settings.bounds.output_bytes_max);
    }
  }
  std::map<int, std::uint64_t> heard;
  std::map<int, std::uint64_t> missed;
  for (std::string bytes = take(); !bytes.empty(); bytes = take()) {
    EXPECT_LE(bytes.size(), settings.bounds.output_bytes_max);
    for (const auto& frame : frames_in(bytes)) {
      const auto said = frame.json();
      const int sub = said["sub"];
      if (said["op"] == "event") {
        EXPECT_EQ(missed[sub], 0U) << "an event behind events that it does not know to be missing";
        heard[sub] += said["items"].size();
      } else {
        missed[sub] += said["missed"].get<std::uint64_t>();
      }
    }
  }
  std::uint64_t missed_in_all = 0;
  for (const int sub : {1, 2, 3}) {
    EXPECT_EQ(heard[sub] + missed[sub], 180U) << sub;
    missed_in_all += missed[sub];
  }
  EXPECT_EQ(heard[1], 9U);  // nine of 400 bytes fit, and a tenth does not
  EXPECT_EQ(counts.events_missed.value(), missed_in_all);
  // Room again: the next ones are heard.
  const auto& first = port.subscriptions.front();
  table->on_events(first.to, first.id, std::span(burst).first(1));
  EXPECT_EQ(hear()["items"].size(), 1U);
}

TEST_F(ws_stream, UnsubscribeEndsIt) {
  say(R"({"op":"subscribe"})");
  EXPECT_EQ(say(R"({"op":"unsubscribe","sub":1})").at(0).payload,
            R"({"op":"unsubscribed","sub":1})");
  EXPECT_TRUE(port.subscriptions.empty());
  EXPECT_EQ(say(R"({"op":"unsubscribe","sub":1})").at(0).json()["op"], "error");
}

TEST_F(ws_stream, NameAndStartOfASubscriptionGoToTheBroker) {
  say(R"({"op":"subscribe","name":"work","from":{"seq":7}})");
  ASSERT_EQ(port.subscriptions.size(), 1U);
  EXPECT_EQ(port.subscriptions[0].name, "work");
  EXPECT_EQ(port.subscriptions[0].from, R"({"seq":7})");
}

TEST_F(ws_stream, AcksAndNacksGoToTheirSubscription) {
  say(R"({"op":"subscribe","name":"work"})");
  EXPECT_TRUE(say(R"({"op":"ack","sub":1,"seqs":[3,5]})").empty());
  EXPECT_TRUE(say(R"({"op":"ack","sub":1,"upto":9})").empty());
  EXPECT_TRUE(say(R"({"op":"nack","sub":1,"seq":4,"delay":"2s"})").empty());
  EXPECT_EQ(port.acks, (std::vector<std::string>{"1:3", "1:5", "1:-9", "1:!4@2s"}));
  for (const auto* wrong :
       {R"({"op":"ack","sub":1})", R"({"op":"ack","sub":1,"upto":1,"seqs":[1]})",
        R"({"op":"ack","sub":1,"seqs":["x"]})", R"({"op":"nack","sub":1})",
        R"({"op":"ack","sub":2,"upto":1})"})
    EXPECT_EQ(say(wrong).at(0).json()["op"], "error") << wrong;
}

TEST_F(ws_stream, WhatALosslessSubscriptionCannotSendIsAskedForAgain) {
  settings.bounds.output_bytes_max = 4096;
  remake();
  connect();
  say(R"({"op":"subscribe","name":"work","credit":3})");
  const auto wish = port.subscriptions.at(0);
  const auto what = message_of(R"({"type":"t","data":")" + std::string(3000, 'x') + "\"}");
  const broker::event items[] = {
      {tenant_seq_t(4), what}, {tenant_seq_t(5), what}, {tenant_seq_t(6), what}};
  EXPECT_EQ(table->on_events(wish.to, wish.id, items), 1U);
  EXPECT_EQ(hear()["items"].size(), 1U);
  EXPECT_EQ(port.credits[wish.id.value], 2U);
  EXPECT_EQ(counts.events_missed.value(), 0U);
}

TEST_F(ws_stream, ASubscriptionThatTheBrokerEndsSaysWhy) {
  say(R"({"op":"subscribe","name":"work"})");
  const auto wish = port.subscriptions.at(0);
  table->on_ended(wish.to, wish.id,
                  {errc::conflict, "use another name", std::source_location::current()});
  EXPECT_EQ(hear()["problem"]["detail"], "use another name");
  const auto what = message_of(R"({"type":"t"})");
  const broker::event items[] = {{tenant_seq_t(4), what}};
  EXPECT_EQ(table->on_events(wish.to, wish.id, items), 1U) << "nobody is there: as good as heard";
}

TEST_F(ws_stream, BadFilterIsAnError) {
  EXPECT_EQ(say(R"({"op":"subscribe","filter":"bad"})").at(0).json()["problem"]["type"],
            "urn:nip:problem:parse");
}

TEST_F(ws_stream, DrainAnswersWhatIsOpenThenGoesAway) {
  say("{}");
  peer().drain();
  EXPECT_FALSE(peer().wants_input());
  EXPECT_FALSE(peer().finished());
  accept(1);
  const auto frames = frames_in(take());
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames[0].json()["op"], "accepted");
  EXPECT_EQ(frames[1].close_code(), 1001U);
  EXPECT_TRUE(peer().finished());
}

TEST_F(ws_stream, WindowHoldsReadingBack) {
  settings.bounds.ws_window_max = 2;
  remake();
  connect();
  send(client_frame("{}") + client_frame("{}") + client_frame(R"({"type":"third"})"));
  EXPECT_EQ(port.open.size(), 2U);
  EXPECT_FALSE(peer().wants_input());
  accept(1);
  EXPECT_TRUE(peer().wants_resume());
  peer().resume();
  EXPECT_EQ(port.open.back().text, R"({"type":"third"})");
}

}  // namespace
}  // namespace nip::gateway
