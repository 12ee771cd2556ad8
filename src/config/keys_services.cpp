#include "config/keys.hpp"

namespace nip::config {
namespace {

using keys_list = std::vector<key<configuration>>;

void add_breaker(keys_list& keys) {
  const auto add = [&](std::string_view name, auto codec, auto access, std::string_view doc) {
    keys.push_back(make_key<configuration>(
        "services.plugin_orchestrator.delivery.breaker." + std::string(name), codec, access, doc));
  };
  add(
      "failures_in_row", count_codec{1},
      [](auto& c) -> auto& { return c.broker.delivery.breaker.failures_in_row; },
      "Failures without a success between them that open a target's circuit breaker.");
  add(
      "attempts", count_codec{1},
      [](auto& c) -> auto& { return c.broker.delivery.breaker.attempts_min; },
      "Attempts within `window` from which on `failures_share` counts.");
  add(
      "failures_share", share_codec{},
      [](auto& c) -> auto& { return c.broker.delivery.breaker.failures_share; },
      "Share of the attempts within `window` that failed, which opens it.");
  add(
      "window", duration_codec{std::chrono::milliseconds(1)},
      [](auto& c) -> auto& { return c.broker.delivery.breaker.window; },
      "How long an attempt counts for that share.");
  add(
      "open_min", duration_codec{std::chrono::milliseconds(1)},
      [](auto& c) -> auto& { return c.broker.delivery.breaker.open_min; },
      "Shortest time that it stays open; each time in a row doubles it.");
  add(
      "open_max", duration_codec{std::chrono::milliseconds(1)},
      [](auto& c) -> auto& { return c.broker.delivery.breaker.open_max; },
      "Longest time that it stays open.");
  add(
      "probes", count_codec{1, 1024},
      [](auto& c) -> auto& { return c.broker.delivery.breaker.probes_max; },
      "Attempts that may be on their way at once to find out whether the target works again.");
  add(
      "successes", count_codec{1},
      [](auto& c) -> auto& { return c.broker.delivery.breaker.successes_to_close; },
      "Successes after that which close it.");
  add(
      "left_out_share", share_codec{},
      [](auto& c) -> auto& { return c.broker.delivery.breaker.left_out_share; },
      "At most this share of the targets that a message could go to is left out, and never the "
      "last. 0: none is.");
}

void add_orchestrator(keys_list& keys) {
  const auto add = [&](std::string_view name, auto codec, auto access, std::string_view doc) {
    keys.push_back(make_key<configuration>("services.plugin_orchestrator." + std::string(name),
                                           codec, access, doc));
  };
  add(
      "directory", path_codec{}, [](auto& c) -> auto& { return c.plugin_directory; },
      "Folder with plugins, relative to this file; searched before those of the installation.");
  add(
      "watch", flag_codec{}, [](auto& c) -> auto& { return c.plugin_orchestrator.watch; },
      "Load what is dropped into the folder while nipd runs.");
  add(
      "libraries_kept", count_codec{1, 1024},
      [](auto& c) -> auto& { return c.plugin_orchestrator.libraries_kept_max; },
      "Versions of one plugin file that stay loaded; beyond it a reload is refused.");
  add(
      "pool_threads", count_codec{1, 1024},
      [](auto& c) -> auto& { return c.plugin_orchestrator.pool_threads_max; },
      "Threads for plugins that may block.");
  add(
      "delivery.queue_messages", count_codec{1},
      [](auto& c) -> auto& { return c.broker.delivery.queue_messages_max; },
      "Deliveries that may wait or run for one target on one shard in memory; beyond it they wait "
      "on "
      "disk, and what is not journaled is refused with 429.");
  add(
      "delivery.queue_bytes", size_codec{1 << 16, std::uint64_t{1} << 40},
      [](auto& c) -> auto& { return c.broker.delivery.queue_bytes_max; },
      "Bytes of the messages that wait or run for one target on one shard in memory; beyond it "
      "they "
      "wait on disk.");
  add(
      "delivery.backlog", count_codec{},
      [](auto& c) -> auto& { return c.broker.delivery.backlog_max; },
      "Deliveries that may wait on disk for one target on one shard, at 8 bytes of memory each; "
      "beyond it messages are refused with 429.");
  add(
      "delivery.attempt_timeout", duration_codec{std::chrono::milliseconds(1)},
      [](auto& c) -> auto& { return c.broker.delivery.attempt_timeout; },
      "Longest wait for one attempt when neither rule nor message sets a deadline.");
  add(
      "delivery.start_retry", duration_codec{std::chrono::milliseconds(1)},
      [](auto& c) -> auto& { return c.broker.delivery.start_retry; },
      "Pause before a plugin that could not be started is tried again.");
  add(
      "delivery.unhealthy_retry", duration_codec{std::chrono::milliseconds(1)},
      [](auto& c) -> auto& { return c.broker.delivery.unhealthy_retry; },
      "Pause before one message tries a plugin that says it is unhealthy.");
  add_breaker(keys);
  add(
      "delivery.retry_share", share_codec{},
      [](auto& c) -> auto& { return c.broker.delivery.retry_share; },
      "Retries may be this share of first attempts before they slow down.");
  add(
      "delivery.retry_reserve", count_codec{},
      [](auto& c) -> auto& { return c.broker.delivery.retry_reserve; },
      "Retries of one target that are free of that share.");
}

void add_event_bus(keys_list& keys) {
  const auto add = [&](std::string_view name, auto codec, auto access, std::string_view doc) {
    keys.push_back(
        make_key<configuration>("services.event_bus." + std::string(name), codec, access, doc));
  };
  add(
      "backend", choice_codec{"embedded"}, [](auto& c) -> auto& { return c.backend; },
      "embedded: the journal in this process.");
  add(
      "path", path_codec{}, [](auto& c) -> auto& { return c.bus.path; },
      "Folder of the journal, relative to the working directory; locked while nipd runs.");
  add(
      "ack", choice_codec{"memory", "buffered", "fsync", "replicated"},
      [](auto& c) -> auto& { return c.broker.ack; },
      "How safe a message is when its acknowledgement leaves, when the client does not say.");
  add(
      "segment_bytes", size_codec{1 << 16, std::uint64_t{1} << 40},
      [](auto& c) -> auto& { return c.bus.segment_bytes; }, "Bytes of one journal file.");
  add(
      "pending_bytes", size_codec{1 << 16, std::uint64_t{1} << 40},
      [](auto& c) -> auto& { return c.bus.pending_bytes_max; },
      "Bytes that may wait to be written; beyond it messages are refused with 429.");
  add(
      "disk_bytes", size_codec{}, [](auto& c) -> auto& { return c.bus.disk_bytes_max; },
      "Bytes of all journal files; beyond it messages are refused with 507. 0: as much as the disk "
      "has.");
  add(
      "retention_bytes", size_codec{}, [](auto& c) -> auto& { return c.bus.retention_bytes; },
      "Bytes of full journal files that are kept; beyond it the oldest go, but for messages that "
      "are not finished. 0 keeps all.");
  add(
      "retention_age", duration_codec{}, [](auto& c) -> auto& { return c.bus.retention_age; },
      "Age from which on journal files go in the same way. 0 keeps all.");
  add(
      "scrub_bytes_per_second", size_codec{},
      [](auto& c) -> auto& { return c.bus.scrub_bytes_per_second; },
      "Bytes a second of full journal files that are read again in the background, to find damage "
      "before they are needed. 0 reads none.");
  add(
      "scrub_interval", duration_codec{std::chrono::minutes(1)},
      [](auto& c) -> auto& { return c.bus.scrub_interval; },
      "A journal file that was read so is not read again before this.");
  add(
      "lazy_sync", duration_codec{std::chrono::milliseconds(1)},
      [](auto& c) -> auto& { return c.bus.lazy_sync; },
      "How long outcomes and buffered messages may wait for a sync of their own.");
}

void add_observability(keys_list& keys) {
  const auto add = [&](std::string_view name, auto codec, auto access, std::string_view doc) {
    keys.push_back(
        make_key<configuration>("services.observability." + std::string(name), codec, access, doc));
  };
  add(
      "log.level", choice_codec{"trace", "debug", "info", "warning", "error", "off"},
      [](auto& c) -> auto& { return c.observability.log.level; },
      "What is logged: this level and above.");
  add(
      "log.format", choice_codec{"text", "json"},
      [](auto& c) -> auto& { return c.observability.log.format; },
      "Text for people or one JSON object a line.");
  add(
      "log.repeats_per_second", count_codec{},
      [](auto& c) -> auto& { return c.observability.log.repeats_max_per_second; },
      "Equal lines of one place that go out within a second; the rest are counted. 0 sets no "
      "bound.");
  add(
      "metrics", flag_codec{}, [](auto& c) -> auto& { return c.observability.metrics; },
      "Serve /metrics.");
  add(
      "sample", count_codec{}, [](auto& c) -> auto& { return c.broker.timing_sample; },
      "One message in this many has its stages timed. 1 times all, 0 none.");
}

}  // namespace

void add_service_keys(keys_list& keys) {
  add_orchestrator(keys);
  add_event_bus(keys);
  keys.push_back(make_key<configuration>(
      "services.state_management.backend", choice_codec{"sqlite"},
      [](auto& c) -> auto& { return c.state.kind; },
      "Where rules made by REST and other state live."));
  keys.push_back(make_key<configuration>(
      "services.state_management.path", path_codec{}, [](auto& c) -> auto& { return c.state.path; },
      "File of the state store, relative to the working directory; \":memory:\" keeps nothing."));
  add_observability(keys);
}

std::vector<key<configuration>> configuration_keys() {
  keys_list keys;
  add_gateway_keys(keys);
  add_router_keys(keys);
  add_service_keys(keys);
  return keys;
}

}  // namespace nip::config
