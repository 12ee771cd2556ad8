// nip.yaml into options: keys, units, overlay, variables.
#include "config/load.hpp"

#include "unit/config/config_test_kit.hpp"

namespace nip::config {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(load, EmptyTextGivesEveryDefault) {
  for (const char* text :
       {"", "# nothing\n", "---\n", "services:\n", "services: {event_bus: }\n"}) {
    const configuration read = loaded(text);
    EXPECT_THAT(read.gateway.addresses, ElementsAre("127.0.0.1:8080"));
    EXPECT_EQ(read.environment, environment_kind::development);
    EXPECT_EQ(read.broker.ack, message::ack_level::fsync);
    EXPECT_EQ(read.shards, 0u);
  }
}

TEST(load, RoadmapExampleLoadsAsItStands) {
  const configuration read = loaded(R"(
api_gateway:
  address: ":8080"
  tls:
    enabled: false
services:
  message_router:
    replicas: 3
    resources:
      cpu: "500m"
      memory: "512Mi"
plugins:
  my-plugin:
    version: "2.0.0"
    enabled: true
    isolation: "wasm"
)");
  EXPECT_THAT(read.gateway.addresses, ElementsAre(":8080"));
  EXPECT_EQ(read.shards, 3u);
  EXPECT_EQ(read.cpu_hint_thousandths, 500u);
  EXPECT_EQ(read.broker.delivery.memory_bytes_max, std::uint64_t{512} << 20);
  ASSERT_EQ(read.plugins.size(), 1u);
  EXPECT_EQ(read.plugins[0].name, "my-plugin");
  EXPECT_EQ(read.plugins[0].version, "2.0.0");
  EXPECT_TRUE(read.plugins[0].enabled);
  EXPECT_EQ(read.plugins[0].level, plugin::isolation::wasm);
  EXPECT_EQ(read.plugins[0].where, "nip.yaml:13:3");
}

TEST(load, DesignsExampleLoads) {
  const configuration read = loaded(R"(
api_gateway: { address: "127.0.0.1:8080", tls: { enabled: false } }
services:
  message_router:
    { replicas: auto, rules: "rules.d/*.yaml", resources: { cpu: "500m", memory: "256Mi" } }
  plugin_orchestrator: { directory: "plugins", watch: true }
  event_bus: { backend: embedded, path: "data/journal", ack: fsync }
  state_management: { backend: sqlite, path: "data/state.db" }
  observability: { log: { level: info, format: text }, metrics: true }
plugins:
  webhook-a: { use: http, isolation: process, execution: pool, instances: single, in_flight: 7, config: { url: "http://x", n: 3 } }
)");
  EXPECT_EQ(read.shards, 0u);
  EXPECT_EQ(read.bus.path, "data/journal");
  EXPECT_EQ(read.state.path, "data/state.db");
  const plugin::settings& entry = read.plugins.at(0);
  EXPECT_EQ(entry.use, "http");
  EXPECT_EQ(entry.level, plugin::isolation::process);
  EXPECT_EQ(entry.runs, plugin::execution::pool);
  EXPECT_EQ(entry.count, plugin::instances::single);
  EXPECT_EQ(entry.in_flight_max, 7u);
  EXPECT_EQ(entry.config, nlohmann::json({{"url", "http://x"}, {"n", 3}}));
}

TEST(load, UnitsAreRead) {
  const configuration read = loaded(R"(
api_gateway:
  address: [":0", "[::1]:9000"]
  limits: { body_bytes: 2Mi, header_bytes: 4096, connections: 0 }
  timeouts: { idle: 1m30s, write: 0 }
services:
  message_router: { resources: { cpu: 1.5 }, unrouted: dead-letter }
  event_bus: { segment_bytes: 1M, lazy_sync: 250ms, ack: memory }
  observability: { log: { level: debug, format: json }, metrics: false, sample: 1 }
)");
  EXPECT_THAT(read.gateway.addresses, ElementsAre(":0", "[::1]:9000"));
  EXPECT_EQ(read.gateway.bounds.body_bytes_max, std::size_t{2} << 20);
  EXPECT_EQ(read.gateway.bounds.header_bytes_max, 4096u);
  EXPECT_EQ(read.gateway.bounds.connections_max, 0u);
  EXPECT_EQ(read.gateway.bounds.idle_timeout, 90s);
  EXPECT_EQ(read.gateway.bounds.write_timeout, 0s);
  EXPECT_EQ(read.cpu_hint_thousandths, 1500u);
  EXPECT_EQ(read.broker.on_unrouted, broker::unrouted::dead_letter);
  EXPECT_EQ(read.bus.segment_bytes, 1'000'000u);
  EXPECT_EQ(read.bus.lazy_sync, 250ms);
  EXPECT_EQ(read.broker.ack, message::ack_level::memory);
  EXPECT_EQ(read.observability.log.level, log_level::debug);
  EXPECT_EQ(read.observability.log.format, log_format::json);
  EXPECT_FALSE(read.observability.metrics);
  EXPECT_EQ(read.broker.timing_sample, 1u);
}

TEST(load, VariablesAndTheirDefaultsAreTakenWithTheirTypes) {
  const configuration read = loaded(R"(
api_gateway: { address: "${HOST}:${PORT:-8080}" }
services:
  message_router: { replicas: "${SHARDS:-2}" }
  observability: { metrics: "${METRICS:-false}" }
plugins:
  http:
    config:
      secret: "${TOKEN}"
      template: "$${name}"
      n: ${N:-5}
      price: "5 $"
)",
                                    {{"HOST", "localhost"}, {"TOKEN", "12345"}, {"N", ""}});
  EXPECT_THAT(read.gateway.addresses, ElementsAre("localhost:8080"));
  EXPECT_EQ(read.shards, 2u);
  EXPECT_FALSE(read.observability.metrics);
  ASSERT_EQ(read.plugins.size(), 1u);
  EXPECT_EQ(read.plugins[0].config["secret"], "12345") << "quotes keep a secret of digits a text";
  EXPECT_EQ(read.plugins[0].config["template"], "${name}");
  EXPECT_EQ(read.plugins[0].config["n"], 5);
  EXPECT_EQ(read.plugins[0].config["price"], "5 $");
}

TEST(load, MissingVariableIsNamedWithItsPlace) {
  EXPECT_THAT(refusal_of("api_gateway:\n  address: ${NOWHERE}\n"),
              HasSubstr("nip.yaml:2:12: variable NOWHERE is not set"));
  EXPECT_THAT(refusal_of("api_gateway: {address: \"${A\"}"), HasSubstr("without \"}\""));
  EXPECT_THAT(refusal_of("api_gateway: {address: \"${1A}\"}"), HasSubstr("is not ${NAME}"));
}

TEST(load, ProductionDoesNotServePlainTextInPublic) {
  const std::string open = "environment: production\napi_gateway: { address: \":8080\" }\n";
  EXPECT_THAT(refusal_of(open), HasSubstr("nip.yaml:2:25: api_gateway.address: production"));
  loaded("environment: production\napi_gateway: { address: \"127.0.0.1:8080\" }\n");
  loaded(
      "environment: production\n"
      "api_gateway: { address: \":8080\", tls: { terminated_upstream: true } }\n");
}

TEST(load, DevelopmentIsWarnedOfPlainTextInPublic) {
  EXPECT_THAT(loaded("api_gateway: { address: [\":8080\", \"localhost:1\"] }").warnings,
              ElementsAre(HasSubstr("nip.yaml:1:25: :8080 is served without TLS")));
  EXPECT_THAT(loaded("").warnings, ElementsAre());
}

TEST(load, LevelThatTheBackendDoesNotReachIsRefused) {
  EXPECT_THAT(refusal_of("services:\n  event_bus: { ack: replicated }\n"),
              HasSubstr("nip.yaml:2:21: services.event_bus.ack: replicated needs a cluster"));
}

TEST(load, TlsIsRefusedUntilItIsServed) {
  EXPECT_THAT(refusal_of("api_gateway: { tls: { enabled: true } }"),
              HasSubstr("does not serve TLS"));
}

class load_files : public config_folder {};

TEST_F(load_files, OverlayOfTheEnvironmentIsLaidOver) {
  write("nip.yaml",
        "environment: ${NIP_ENVIRONMENT:-development}\n"
        "api_gateway: { address: \":1\", limits: { headers: 3 } }\n"
        "plugins: { a: { version: \"1.0.0\", config: { x: 1, y: 2 } } }\n");
  write("nip.production.yaml",
        "api_gateway: { address: \"127.0.0.1:2\" }\n"
        "plugins: { a: { config: { y: 3 } }, b: }\n");
  const auto development = load_all();
  ASSERT_TRUE(development) << development.error().detail;
  EXPECT_THAT(development->gateway.addresses, ElementsAre(":1"));
  const auto production = load_all({{"NIP_ENVIRONMENT", "production"}});
  ASSERT_TRUE(production) << production.error().detail;
  EXPECT_THAT(production->gateway.addresses, ElementsAre("127.0.0.1:2"));
  EXPECT_EQ(production->gateway.bounds.headers_max, 3u);
  ASSERT_EQ(production->plugins.size(), 2u);
  EXPECT_EQ(production->plugins[0].version, "1.0.0");
  EXPECT_EQ(production->plugins[0].config, nlohmann::json({{"x", 1}, {"y", 3}}));
  EXPECT_EQ(production->files.size(), 2u);
}

TEST_F(load_files, MistakeInTheOverlayNamesTheOverlay) {
  write("nip.yaml", "api_gateway: {}\n");
  write("nip.development.yaml", "\napi_gateway:\n  adress: \":1\"\n");
  const auto read = load_all();
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().detail,
              HasSubstr(path("nip.development.yaml") + ":3:3: unknown key \"adress\""));
}

TEST_F(load_files, OverlayCannotChangeTheEnvironment) {
  write("nip.yaml", "");
  write("nip.development.yaml", "environment: production\n");
  EXPECT_THAT(load_all().error().detail, HasSubstr("an overlay cannot change it"));
}

TEST_F(load_files, MissingFileIsNamed) {
  const auto read = load_all();
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, errc::not_found);
  EXPECT_THAT(read.error().detail, HasSubstr(path("nip.yaml")));
  EXPECT_THAT(load(folder_, variables({})).error().detail, HasSubstr("is a folder"));
}

TEST_F(load_files, PluginFolderIsBesideTheFile) {
  write("nip.yaml", "services: { plugin_orchestrator: { directory: mine } }\n");
  const auto read = load_all();
  ASSERT_TRUE(read);
  EXPECT_THAT(read->plugin_orchestrator.directories, ElementsAre(folder_ / "mine"));
}

TEST_F(load_files, SampleConfigurationOfTheRepositoryLoads) {
  const auto read =
      load(std::filesystem::path(NIP_SOURCE_DIR) / "config" / "nip.yaml", variables({}));
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_THAT(read->warnings, ElementsAre());
  EXPECT_FALSE(read->rules.empty());
}

}  // namespace
}  // namespace nip::config
