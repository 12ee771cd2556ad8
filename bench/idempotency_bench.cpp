// What a key of the idempotency window takes: in the window itself, and in the ledger that brings
// it back after a restart.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <malloc.h>

#include <memory>
#include <string>

#include "broker/idempotency.hpp"
#include "broker/ledger.hpp"

namespace {

using namespace nip;
using namespace nip::broker;

constexpr std::uint32_t keys_made = 1'000'000;
constexpr auto window = std::chrono::minutes(10);

std::string id_of(std::uint64_t number) {
  return fmt::format("0190c0de-0000-7000-8000-{:012}", number);
}

/// Bytes that are allocated now.
double allocated() {
  const auto now = ::mallinfo2();
  return static_cast<double>(now.uordblks + now.hblkhd);
}

void window_bytes_a_key(benchmark::State& state) {
  for (auto _ : state) {
    const auto before = allocated();
    const auto keys = std::make_unique<idempotency>(window, 2 * keys_made);
    for (std::uint64_t n = 1; n <= keys_made; ++n) {
      const auto id = id_of(n);
      keys->claim(default_tenant, id, {});
      keys->settle(default_tenant, id,
                   {id, seq_t(n), tenant_seq_t(n), message::ack_level::fsync, generation_id(1)});
    }
    state.counters["bytes_a_key"] = (allocated() - before) / keys_made;
  }
  state.SetItemsProcessed(state.iterations() * keys_made);
}
BENCHMARK(window_bytes_a_key)->Iterations(1)->Unit(benchmark::kMillisecond);

void ledger_bytes_a_key(benchmark::State& state) {
  for (auto _ : state) {
    const auto before = allocated();
    const auto known = std::make_unique<ledger>(ledger::bounds{window, 2 * keys_made, 1});
    bus::message_record record;
    record.flags = bus::keyed;
    for (std::uint64_t n = 1; n <= keys_made; ++n) {
      const auto text = fmt::format(R"({{"id":"{}","type":"t"}})", id_of(n));
      record.seq = seq_t(n);
      record.tenant_seq = tenant_seq_t(n);
      record.envelope = text;
      known->on_message(record);
    }
    state.counters["bytes_a_key"] = (allocated() - before) / keys_made;
  }
  state.SetItemsProcessed(state.iterations() * keys_made);
}
BENCHMARK(ledger_bytes_a_key)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
