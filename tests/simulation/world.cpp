#include "simulation/world.hpp"

namespace nip::simulation {
namespace {

using namespace std::chrono_literals;

const std::vector<std::string> plugin_names = {"alpha", "beta", "gamma", "delta", "epsilon"};

/// These are in files; the one that comes and goes is made by the operator.
const nlohmann::json& rules() {
  static const auto retry = [](int attempts) {
    return nlohmann::json{{"attempts", attempts}, {"backoff", "10ms"}, {"max_backoff", "80ms"}};
  };
  static const nlohmann::json all = {
      {{"id", "fan"}, {"when", "message.type == 'fan'"}, {"to", {"alpha", "beta"}}},
      {{"id", "line"},
       {"when", "message.type == 'line'"},
       {"to", "gamma"},
       {"order", "message.data.line"},
       {"retry", retry(3)}},
      {{"id", "pick"},
       {"when", "message.type == 'pick'"},
       {"to", {"delta", "alpha"}},
       {"strategy", "first"},
       {"retry", retry(2)}},
      {{"id", "brief"},
       {"when", "message.type == 'brief'"},
       {"to", "beta"},
       {"timeout", "1s"},
       {"expired", "drop"}},
      {{"id", "best"},
       {"when", "message.type == 'best'"},
       {"to", {"epsilon", "delta", "beta"}},
       {"strategy", "best"},
       {"retry", retry(4)}},
      {{"id", "share"},
       {"when", "message.type == 'share'"},
       {"to", {{{"plugin", "alpha"}, {"weight", 3}}, {{"plugin", "epsilon"}, {"weight", 1}}}},
       {"strategy", "weighted"},
       {"retry", retry(2)}},
      {{"id", "steps"},
       {"when", "message.type == 'steps'"},
       {"to", {"beta", "gamma", "delta"}},
       {"strategy", "chain"},
       {"retry", retry(2)}},
      {{"id", "late"}, {"when", "message.type == 'late'"}, {"to", "alpha"}, {"timeout", "2s"}}};
  return all;
}

}  // namespace

world::world(std::uint64_t seed, bool verbose)
    : seed_(seed), random_(seed), told_(clock_, verbose), folder_(plugin_names) {
  choose_options();
  make_rules();
  promises_ = std::make_unique<model>(told_, clock_, platter_, promised_);
  plugins_ = std::make_unique<playground>(*promises_, random_, temper_);
  around_ = std::make_unique<surroundings>(
      surroundings{platter_, clock_, random_, *promises_, *plugins_, kept_, files_, folder_, told_,
                   1 + static_cast<unsigned>(random_.below(3)), journal_, broker_});
}

void world::make_rules() {
  for (const auto& each : rules())
    files_.says.rules.push_back(router::parse_rule(each, router::origin::file, "").value());
}

void world::choose_options() {
  const auto one_of = [&](std::initializer_list<std::uint64_t> values) {
    return values.begin()[random_.below(values.size())];
  };
  steps_ = static_cast<unsigned>(one_of({60, 150, 300}));
  for (auto* each : {&weights_.sleep, &weights_.jump_wall, &weights_.rules, &weights_.enable,
                     &weights_.redrive, &weights_.crash, &weights_.stop, &weights_.disk_fault,
                     &weights_.disk_full, &weights_.repeat})
    *each *= static_cast<unsigned>(one_of({0, 1, 1, 3}));
  weights_.purge = static_cast<unsigned>(one_of({0, 0, 0, 2}));
  weights_.advance = static_cast<unsigned>(one_of({5, 15, 40}));
  weights_.answer = static_cast<unsigned>(one_of({5, 15, 30}));
  temper_.answers = static_cast<unsigned>(one_of({20, 50, 85}));
  temper_.fails_to_start = static_cast<unsigned>(one_of({0, 0, 20}));
  temper_.in_flight_max = one_of({1, 2, 8, 1000});

  journal_.path = "journal";
  journal_.prepare_ahead = journal_.writer_thread = false;
  journal_.segment_bytes = one_of({8 << 10, 16 << 10, 64 << 10});
  journal_.retention_bytes = one_of({0, 0, 1, 12 << 10});
  journal_.lazy_sync = std::chrono::milliseconds(one_of({1, 50}));
  journal_.scrub_bytes_per_second = one_of({0, 1 << 20, 64 << 20});
  journal_.scrub_interval = std::chrono::seconds(2);
  journal_.pending_bytes_max = one_of({4 << 10, 1 << 20});

  broker_.delivery.queue_messages_max = static_cast<std::uint32_t>(one_of({1, 3, 8, 65'536}));
  broker_.delivery.backlog_max = one_of({4, 1'000'000});
  broker_.delivery.memory_bytes_max = one_of({16 << 10, 256 << 20});
  broker_.delivery.attempt_timeout = 500ms;
  broker_.delivery.start_retry = 50ms;
  broker_.delivery.retry_reserve = static_cast<std::uint32_t>(one_of({2, 100}));
  broker_.on_unrouted = static_cast<broker::unrouted>(random_.below(3));
  broker_.timing_sample = static_cast<std::uint32_t>(one_of({0, 1}));
  broker_.remembered_bytes_max = 64 << 10;
  promised_ = {.key_window = broker_.idempotency_window,
               .dead_letters_unrouted = broker_.on_unrouted == broker::unrouted::dead_letter,
               .refuses_unrouted = broker_.on_unrouted == broker::unrouted::refuse,
               .purges = weights_.purge > 0,
               .retains_all = journal_.retention_bytes == 0};
}

void world::run() {
  for (unsigned i = 0; i < steps_ && !told_.is_broken(); ++i) {
    ++met_.steps;
    act();
    if (process_ && !process_->alive()) bury();
    if (process_) process_->check_bounds();
  }
  if (!told_.is_broken()) finish();
  met_.messages = mark_;
}

/// The process is no more; what it leaves is what `next_ending_` says.
void world::bury() {
  promises_->end_life(next_ending_, process_->durable());
  process_.reset();
  next_ending_ = ending::killed;
}

}  // namespace nip::simulation
