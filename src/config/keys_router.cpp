#include "config/keys.hpp"

namespace nip::config {
namespace {

template <class Add>
void add_subscription_keys(const Add& add) {
  add(
      "subscriptions.count", count_codec{},
      [](auto& c) -> auto& { return c.broker.subscriptions_max; },
      "Live subscriptions of one shard.");
  add(
      "subscriptions.buffer", count_codec{1},
      [](auto& c) -> auto& { return c.broker.subscription_buffer_max; },
      "Events that may wait for a subscriber without credit; then it is told of a gap.");
  add(
      "subscriptions.window", count_codec{1, 1'000'000},
      [](auto& c) -> auto& { return c.broker.feed_window; },
      "Events on their way to one member of a subscription that reads the journal.");
  add(
      "subscriptions.unacknowledged", count_codec{1, 10'000'000},
      [](auto& c) -> auto& { return c.broker.unacknowledged_max; },
      "Events of one durable subscription that wait for an acknowledgement; then it gets no more.");
  add(
      "subscriptions.acknowledge_within", duration_codec{},
      [](auto& c) -> auto& { return c.broker.acknowledge_within; },
      "How long until an event without acknowledgement is given again. 0: when its connection "
      "ends.");
  add(
      "subscriptions.durable", count_codec{},
      [](auto& c) -> auto& { return c.broker.durable_subscriptions_max; },
      "Durable subscriptions by name.");
}

}  // namespace

void add_router_keys(std::vector<key<configuration>>& keys) {
  const auto add = [&](std::string_view name, auto codec, auto access, std::string_view doc) {
    keys.push_back(make_key<configuration>("services.message_router." + std::string(name), codec,
                                           access, doc));
  };
  add(
      "replicas", auto_count_codec{{1, 1024}}, [](auto& c) -> auto& { return c.shards; },
      "Shards: threads that serve connections and route. auto takes one a core.");
  add(
      "rules", text_codec{}, [](auto& c) -> auto& { return c.rules_pattern; },
      "Files with rules, a pattern relative to this file; empty reads none.");
  add(
      "unrouted", choice_codec{"accept", "refuse", "dead-letter"},
      [](auto& c) -> auto& { return c.broker.on_unrouted; },
      "What becomes of a message that no rule matches.");
  add(
      "resources.cpu", cpu_codec{}, [](auto& c) -> auto& { return c.cpu_hint_thousandths; },
      "A hint for schedulers; nipd does not enforce it.");
  add(
      "resources.memory", size_codec{1 << 20},
      [](auto& c) -> auto& { return c.broker.delivery.memory_bytes_max; },
      "Bytes of messages that the process may hold in memory; beyond it messages are refused with "
      "429.");
  add(
      "envelope.bytes", size_codec{64, 1 << 30},
      [](auto& c) -> auto& { return c.broker.envelope.bytes_max; }, "Bytes of one message.");
  add(
      "envelope.depth", count_codec{1, 1024},
      [](auto& c) -> auto& { return c.broker.envelope.depth_max; },
      "Levels of nesting in one message.");
  add(
      "envelope.id_bytes", size_codec{36, 65536},
      [](auto& c) -> auto& { return c.broker.envelope.id_bytes_max; },
      "Bytes of id, type, source, correlation_id and metadata's own texts.");
  add(
      "idempotency.window", duration_codec{},
      [](auto& c) -> auto& { return c.broker.idempotency_window; },
      "How long a repeated id or Idempotency-Key gets the first one's answer. 0 switches it off.");
  add(
      "idempotency.keys", count_codec{},
      [](auto& c) -> auto& { return c.broker.idempotency_keys_max; },
      "How many keys the window holds at most.");
  add(
      "redrives", count_codec{}, [](auto& c) -> auto& { return c.broker.redrives_max; },
      "How often a dead letter may be redriven before \"force\" is asked for. 0 sets no bound.");
  add_subscription_keys(add);
  add(
      "scheduled", count_codec{}, [](auto& c) -> auto& { return c.broker.scheduled_max; },
      "Messages that may wait for their time on one shard, at 16 bytes of memory each; beyond it "
      "they are refused with 429.");
  add(
      "history.messages", count_codec{},
      [](auto& c) -> auto& { return c.broker.delivery.remembered_max; },
      "Finished messages that a shard remembers for explain.");
  add(
      "history.bytes", size_codec{}, [](auto& c) -> auto& { return c.broker.remembered_bytes_max; },
      "Bytes of finished messages that a shard remembers for explain and GET by id.");
  add(
      "history.dead_letters", count_codec{},
      [](auto& c) -> auto& { return c.broker.dead_letters_max; },
      "Dead letters listed by REST, newest kept; the journal has all of them.");
}

}  // namespace nip::config
