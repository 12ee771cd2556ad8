// The broker itself: statistics, configuration, health, metrics, and the page at the root.
#include "gateway/resources/handlers.hpp"
#include "gateway/resources/route_table.hpp"

namespace nip::gateway::resources {
namespace {

/// An answer to health checks: they ask often, so nothing in between may keep it.
http::answer health_answer(unsigned status, nlohmann::json body) {
  http::answer made = json_answer(status, body);
  add_field(made, "Cache-Control", "no-store");
  return made;
}

}  // namespace

void get_stats(call& what) { what.shard.admin.stats(what.shard.shard, what.respond()); }
void get_config(call& what) { what.shard.admin.config(what.shard.shard, what.respond()); }

void list_audit(call& what) {
  if (auto page = what.page())
    what.shard.admin.list_audit(what.shard.shard, *std::move(page), what.respond());
}

void health_live(call& what) { what.answer(health_answer(200, {{"status", "live"}})); }

void health_ready(call& what) {
  const status ready = what.shard.admin.ready();
  if (ready) return what.answer(health_answer(200, {{"status", "ready"}}));
  problem why = make_problem(ready.error());
  why.status = 503;
  if (why.retry_after_s == 0) why.retry_after_s = 1;
  auto answer = http::problem_answer(why, what.slot.id.view());
  add_field(answer, "Cache-Control", "no-store");
  what.answer(answer);
}

void health(call& what) {
  const status ready = what.shard.admin.ready();
  nlohmann::json body{{"status", ready ? "ready" : "not ready"},
                      {"live", true},
                      {"ready", ready.has_value()},
                      {"generation", what.shard.port.generation().value}};
  if (!ready) body["detail"] = ready.error().detail;
  // Not a reason to be taken out of service: other targets, or their retries, carry the load.
  if (auto open = what.shard.admin.open_breakers(); !open.empty())
    body["open_breakers"] = std::move(open);
  what.answer(health_answer(ready ? 200 : 503, std::move(body)));
}

void metrics(call& what) {
  http::answer made;
  made.content_type = "text/plain; version=0.0.4; charset=utf-8";
  made.body = what.shard.admin.metrics();
  what.answer(made);
}

void index_page(call& what) {
  http::answer made;
  made.content_type = "text/html; charset=utf-8";
  made.body =
      "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>NIP</title>"
      "<style>body{font:16px/1.5 sans-serif;max-width:44em;margin:3em auto;padding:0 1em}"
      "td{padding:0 1em 0 0}</style><h1>NIP</h1><p>A message broker whose consumers are "
      "plugins.</p><table>";
  for (const route& one : what.shard.routes.routes()) {
    const bool is_link = one.verb == http::method::get &&
                         one.pattern.find('{') == std::string_view::npos &&
                         one.operation != "openStream";
    made.body.append("<tr><td>").append(to_string(one.verb)).append("<td>");
    if (is_link) made.body.append("<a href=\"").append(one.pattern).append("\">");
    made.body.append(one.pattern).append(is_link ? "</a>" : "").append("<td>").append(one.summary);
  }
  made.body += "</table></html>\n";
  add_field(made, "Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
  what.answer(made);
}

}  // namespace nip::gateway::resources
