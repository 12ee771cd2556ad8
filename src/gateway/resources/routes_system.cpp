// Routes of the broker itself: statistics, configuration, health, metrics, descriptions.
#include "gateway/resources/route_parts.hpp"

namespace nip::gateway::resources {
namespace {

using http::method;
using parts::text;

constexpr std::array<std::uint16_t, 2> well_or_not{200, 503};

constexpr route text_route(const parts::place& at, handler how, text produces) {
  return {method::get, at.pattern, at.operation, at.tag,   at.summary, how,
          {},          {},         {},           produces, parts::ok,  {}};
}

constexpr std::array system_table{
    parts::read({"/v4/stats", "getStats", "system", "Counts and depths of the whole broker"},
                get_stats, "Stats", parts::ok),
    parts::read({"/v4/config", "getConfig", "system", "Configuration in force, secrets redacted"},
                get_config, "Config", parts::ok),
    parts::read({"/v4/audit", "listAudit", "system", "Who changed what, newest first"}, list_audit,
                "AuditPage", parts::ok_or_bad, parts::paged),
    parts::read({"/health", "getHealth", "system", "Live and ready in one answer"}, health,
                "Health", well_or_not),
    parts::read({"/health/live", "getLive", "system", "The process answers"}, health_live, "Health",
                parts::ok),
    parts::read({"/health/ready", "getReady", "system", "The broker takes messages"}, health_ready,
                "Health", well_or_not),
    text_route({"/metrics", "getMetrics", "system", "Prometheus text format"}, metrics,
               "text/plain"),
    text_route({"/openapi.json", "getOpenapi", "system", "This interface as OpenAPI 3.1"}, openapi,
               parts::json),
    text_route({"/", "getIndex", "system", "A page that links to the rest"}, index_page,
               "text/html"),
};

}  // namespace

std::span<const route> system_routes() { return system_table; }

}  // namespace nip::gateway::resources
