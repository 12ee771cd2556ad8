// The gateway over real loopback sockets; one thread, no sleep: the loop is turned until it is so.
#include "gateway/shard_gateway.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>

#include "unit/gateway/peer.hpp"

namespace nip::gateway {
namespace {

/// A client's socket.
class client {
 public:
  explicit client(std::uint16_t port, int receive_bytes = 0)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_bytes != 0)
      ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected = ::connect(socket_.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
  }
  void send(std::string_view text) {
    ASSERT_EQ(::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }
  /// Takes what is there.
  void read() {
    char bytes[65536];
    for (;;) {
      const auto got = ::recv(socket_.get(), bytes, sizeof bytes, MSG_DONTWAIT);
      if (got > 0) heard.append(bytes, static_cast<std::size_t>(got));
      if (got == 0) ended = true;
      if (got < 0 && errno != EAGAIN) reset = true;
      if (got <= 0) return;
    }
  }
  void half_close() { ::shutdown(socket_.get(), SHUT_WR); }
  void close() { socket_.reset(); }

  std::string heard;
  bool connected = false;
  bool ended = false;
  bool reset = false;

 private:
  descriptor socket_;
};

class shard_gateway_test : public ::testing::Test {
 protected:
  void SetUp() override {
    settings.addresses = {"127.0.0.1:0"};
    start();
  }
  void start() {
    gateway.reset();
    auto made = shard_gateway::make(settings, {loop, port, admin, 0, clock, timers, census, 1, {}});
    ASSERT_TRUE(made) << made.error().detail;
    gateway = *std::move(made);
    port.accepts_for = gateway.get();
    const auto bound = gateway->open();
    ASSERT_TRUE(bound) << bound.error().detail;
    where = bound->front();
  }
  void turn() {
    loop.restart();
    // Bounded as the daemon's own turn is: what cannot be written yet is reported ready for ever.
    for (int i = 0; i < 256 && loop.poll_one() > 0; ++i) {
    }
    timers.advance(clock.mono());
    port.end_turn();
    gateway->end_turn();
  }
  /// Turns the loop until it is so; loopback needs few turns, the bound is for a failing test.
  template <class Condition>
  bool until(Condition is_so) {
    for (int i = 0; i < 20'000; ++i) {
      if (is_so()) return true;
      turn();
    }
    return is_so();
  }
  bool hears(client& who, std::string_view text) {
    return until([&] {
      who.read();
      return who.heard.find(text) != std::string::npos;
    });
  }
  bool ends(client& who) {
    return until([&] {
      who.read();
      return who.ended || who.reset;
    });
  }

  options settings;
  boost::asio::io_context loop;
  manual_clock clock;
  timer_wheel timers{clock.mono()};
  connection_census census{100, 0};
  fake_port port;
  fake_administration admin;
  std::unique_ptr<shard_gateway> gateway;
  bound_address where;
};

TEST_F(shard_gateway_test, AnswersPipelinedRequestsByOneSend) {
  client who(where.port);
  who.send(post("1") + post("2") + post("3"));
  ASSERT_TRUE(hears(who, R"("seq":3)"));
  EXPECT_EQ(answers_in(who.heard).size(), 3U);
  EXPECT_EQ(gateway->counts().sends.value(), 1U);
  EXPECT_EQ(gateway->counts().receives.value(), 1U);
}

TEST_F(shard_gateway_test, SpeaksWebSocketOnTheSamePort) {
  client who(where.port);
  who.send(get("/v4/stream?ack=memory",
               std::string(handshake_fields) + "Sec-WebSocket-Protocol: nip.v4.json\r\n"));
  ASSERT_TRUE(hears(who, "\r\n\r\n"));
  who.heard.clear();
  who.send(client_frame("{}") + client_frame("{}"));
  ASSERT_TRUE(hears(who, R"("from":1,"to":2)"));
  EXPECT_EQ(gateway->counts().websockets_open.value(), 1);
  who.close();
  EXPECT_TRUE(until([&] { return gateway->connections() == 0; }));
  EXPECT_EQ(gateway->counts().websockets_open.value(), 0);
  EXPECT_EQ(port.forgotten.size(), 1U);
}

TEST_F(shard_gateway_test, LargeBodiesComeThrough) {
  client who(where.port);
  const std::string body(1'000'000, '1');
  const auto request = post(body);
  for (std::size_t at = 0; at < request.size(); at += 50'000) {
    who.send(std::string_view(request).substr(at, 50'000));
    turn();
  }
  EXPECT_TRUE(hears(who, "202 Accepted"));
  EXPECT_EQ(port.count, 1U);
}

TEST_F(shard_gateway_test, RefusedPeerHearsWhyAlthoughItStillSends) {
  client who(where.port);
  who.send("NONSENSE\r\n\r\n" + std::string(100'000, 'x'));
  ASSERT_TRUE(ends(who));
  EXPECT_EQ(answer_in(who.heard).status, 400U);
  EXPECT_FALSE(who.reset);
  EXPECT_EQ(gateway->connections(), 1U);  // lingers until the peer ends too
  who.close();
  EXPECT_TRUE(until([&] { return gateway->connections() == 0; }));
}

TEST_F(shard_gateway_test, LingeringIsBoundedInTime) {
  client who(where.port);
  who.send("NONSENSE\r\n\r\n");
  ASSERT_TRUE(ends(who));
  EXPECT_EQ(gateway->connections(), 1U);
  clock.advance(settings.bounds.linger_timeout + std::chrono::milliseconds(2));
  EXPECT_TRUE(until([&] { return gateway->connections() == 0; }));
}

TEST_F(shard_gateway_test, SlowHeadIsCutByTheTimer) {
  client who(where.port);
  who.send("GET /he");
  turn();
  turn();
  clock.advance(settings.bounds.header_timeout / 2);
  who.send("al");
  turn();
  clock.advance(settings.bounds.header_timeout / 2 + std::chrono::milliseconds(2));
  ASSERT_TRUE(ends(who));
  EXPECT_EQ(answer_in(who.heard).status, 408U);
}

TEST_F(shard_gateway_test, IdleConnectionIsClosed) {
  client who(where.port);
  who.send(get("/health/live"));
  ASSERT_TRUE(hears(who, "live"));
  clock.advance(settings.bounds.idle_timeout + std::chrono::milliseconds(2));
  EXPECT_TRUE(ends(who));
  EXPECT_EQ(gateway->connections(), 0U);
}

TEST_F(shard_gateway_test, PeerThatDoesNotReadIsNotReadFromAndCut) {
  settings.bounds.output_bytes_max = 64 << 10;
  start();
  client who(where.port, 4096);
  std::string many;
  for (int i = 0; i < 1000; ++i) many += get("/openapi.json");
  who.send(many);
  for (int i = 0; i < 200; ++i) turn();
  const auto answered = gateway->counts().answers_2xx.value();
  EXPECT_LT(answered, 1000U);
  for (int i = 0; i < 50; ++i) turn();
  EXPECT_EQ(gateway->counts().answers_2xx.value(), answered);
  clock.advance(settings.bounds.write_timeout + std::chrono::milliseconds(2));
  EXPECT_TRUE(until([&] { return gateway->connections() == 0; }));
}

TEST_F(shard_gateway_test, SlowReaderGetsEverythingInOrder) {
  settings.bounds.output_bytes_max = 64 << 10;
  start();
  client who(where.port, 4096);
  std::string many;
  for (int i = 0; i < 300; ++i)
    many += get("/openapi.json", "X-Request-Id: n" + std::to_string(i) + "\r\n");
  who.send(many);
  ASSERT_TRUE(hears(who, "X-Request-Id: n299\r\n"));
  const auto last = std::to_string(299);
  ASSERT_TRUE(until([&] {
    who.read();
    return who.heard.ends_with("}");
  }));
  const auto answers = answers_in(who.heard);
  ASSERT_EQ(answers.size(), 300U);
  for (std::size_t i = 0; i < answers.size(); ++i)
    EXPECT_EQ(answers[i].field("X-Request-Id"), "n" + std::to_string(i));
}

TEST_F(shard_gateway_test, ConnectionsOverTheBoundAreTurnedAway) {
  settings.bounds.connections_max = 2;
  connection_census two(2, 0);
  gateway.reset();
  auto made = shard_gateway::make(settings, {loop, port, admin, 0, clock, timers, two, 1, {}});
  gateway = *std::move(made);
  where = gateway->open()->front();
  client first(where.port);
  client second(where.port);
  client third(where.port);
  ASSERT_TRUE(ends(third));
  const auto answer = answer_in(third.heard);
  EXPECT_EQ(answer.status, 503U);
  EXPECT_EQ(answer.json()["status"], 503);
  EXPECT_EQ(answer.json()["detail"],
            "too many connections: the bound api_gateway.limits.connections of 2 is reached; try "
            "again later");
  EXPECT_EQ(gateway->counts().connections_refused.value(), 1U);
  first.close();
  EXPECT_TRUE(until([&] { return gateway->connections() == 1; }));
  client fourth(where.port);
  fourth.send(get("/health/live"));
  EXPECT_TRUE(hears(fourth, "live"));
  gateway.reset();
  EXPECT_EQ(two.total(), 0U);
}

TEST_F(shard_gateway_test, DrainFinishesWhatIsOpenAndClosesTheDoor) {
  port.accepts_for = nullptr;
  client busy(where.port);
  client idle(where.port);
  client stream(where.port);
  busy.send(post("1"));
  stream.send(get("/v4/stream", handshake_fields));
  ASSERT_TRUE(hears(stream, "\r\n\r\n"));
  ASSERT_TRUE(until([&] { return port.open.size() == 1; }));
  bool drained = false;
  gateway->drain(clock.mono() + std::chrono::seconds(10), [&] { drained = true; });
  ASSERT_TRUE(ends(idle));
  ASSERT_TRUE(ends(stream));
  EXPECT_EQ(frames_in(stream.heard.substr(stream.heard.find("\r\n\r\n") + 4)).at(0).close_code(),
            1001U);
  stream.close();
  EXPECT_FALSE(drained);
  client late(where.port);
  EXPECT_FALSE(late.connected);
  port.accepts_for = gateway.get();
  ASSERT_TRUE(ends(busy));
  EXPECT_EQ(answer_in(busy.heard).status, 202U);
  EXPECT_TRUE(until([&] { return drained; }));
}

TEST_F(shard_gateway_test, DrainCutsAtItsDeadline) {
  port.accepts_for = nullptr;
  client busy(where.port);
  busy.send(post("1"));
  ASSERT_TRUE(until([&] { return port.open.size() == 1; }));
  bool drained = false;
  gateway->drain(clock.mono() + std::chrono::seconds(1), [&] { drained = true; });
  turn();
  EXPECT_FALSE(drained);
  clock.advance(std::chrono::milliseconds(1002));
  EXPECT_TRUE(until([&] { return drained; }));
  EXPECT_EQ(gateway->connections(), 0U);
}

TEST_F(shard_gateway_test, SecondShardSharesThePort) {
  auto other = shard_gateway::make(settings, {loop, port, admin, 1, clock, timers, census, 1, {}});
  const bound_address like[] = {where};
  const auto bound = (*other)->open(like);
  ASSERT_TRUE(bound) << bound.error().detail;
  EXPECT_EQ(bound->front().port, where.port);
}

TEST_F(shard_gateway_test, StormOfConnectionsLeavesNothingBehind) {
  for (int round = 0; round < 5; ++round) {
    std::vector<std::unique_ptr<client>> many;
    for (int i = 0; i < 80; ++i) {
      many.push_back(std::make_unique<client>(where.port));
      many.back()->send(get("/health/live"));
    }
    for (auto& one : many) ASSERT_TRUE(hears(*one, "live"));
    many.clear();
    ASSERT_TRUE(until([&] { return gateway->connections() == 0; }));
  }
  EXPECT_EQ(census.total(), 0U);
  EXPECT_EQ(gateway->counts().connections_accepted.value(), 400U);
  EXPECT_LE(gateway->sessions().capacity(), 80U);
}

TEST(listen_on, RefusesWhatIsNoAddress) {
  for (const auto* text :
       {"", "8080", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:70000", "::1:80", "[::1]"}) {
    const auto made = listen_on(text, 0, 1);
    ASSERT_FALSE(made) << text;
    EXPECT_EQ(made.error().code, errc::invalid_argument) << text;
  }
}

TEST(listen_on, TakesEveryFormOfAddress) {
  EXPECT_EQ(listen_on("127.0.0.1:0", 0, 1)->where.host, "127.0.0.1");
  EXPECT_NE(listen_on(":0", 0, 1)->where.port, 0);
  EXPECT_TRUE(listen_on("localhost:0", 0, 1));
  const auto v6 = listen_on("[::1]:0", 0, 1);
  if (v6) {
    EXPECT_EQ(v6->where.text(), "[::1]:" + std::to_string(v6->where.port));
  }
}

TEST(listen_on, AddressInUseIsAConflict) {
  const int taken = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const descriptor keeper(taken);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(taken, reinterpret_cast<sockaddr*>(&where), sizeof where), 0);
  ASSERT_EQ(::listen(taken, 1), 0);
  socklen_t size = sizeof where;
  ::getsockname(taken, reinterpret_cast<sockaddr*>(&where), &size);
  const auto made = listen_on("127.0.0.1:" + std::to_string(ntohs(where.sin_port)), 0, 1);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, errc::conflict);
}

TEST(connection_census, BoundsOneAddress) {
  using full = connection_census::full;
  connection_census census(0, 2);
  EXPECT_EQ(census.enter("a"), full::no);
  EXPECT_EQ(census.enter("a"), full::no);
  EXPECT_EQ(census.enter("a"), full::of_address);
  EXPECT_EQ(census.enter("b"), full::no);
  census.leave("a");
  EXPECT_EQ(census.enter("a"), full::no);
  EXPECT_EQ(census.total(), 3U);
}

}  // namespace
}  // namespace nip::gateway
