// /openapi.json: OpenAPI 3.1, made from the route table.
#include <nlohmann/json.hpp>

#include "gateway/resources/content_coding.hpp"
#include "gateway/resources/handlers.hpp"
#include "gateway/resources/openapi_schemas.hpp"
#include "gateway/resources/route_table.hpp"

namespace nip::gateway::resources {
namespace {

using node = nlohmann::json;  // of the document

node reference(std::string_view schema) {
  return {{"$ref", "#/components/schemas/" + std::string(schema)}};
}

std::string lower(std::string_view verb) {
  std::string text(verb);
  for (char& c : text) c = static_cast<char>(c | 0x20);
  return text;
}

/// The names between braces of a pattern.
node path_parameters(std::string_view pattern) {
  node parameters = node::array();
  for (auto open = pattern.find('{'); open != std::string_view::npos;
       open = pattern.find('{', open + 1)) {
    const auto name = pattern.substr(open + 1, pattern.find('}', open) - open - 1);
    parameters.push_back(
        {{"name", name}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}});
  }
  return parameters;
}

node header(std::string_view name, std::string_view about) {
  return {
      {"name", name}, {"in", "header"}, {"description", about}, {"schema", {{"type", "string"}}}};
}

node parameters_of(const route& of) {
  node parameters = path_parameters(of.pattern);
  for (const auto name : of.query)
    parameters.push_back({{"name", name},
                          {"in", "query"},
                          {"schema", {{"type", name == "limit" ? "integer" : "string"}}}});
  if (of.operation == "postMessage" || of.operation == "postBatch") {
    parameters.push_back(
        header("Prefer", "ack=memory|buffered|fsync|replicated, wait=SECONDS (RFC 7240)"));
    parameters.push_back(header("traceparent", "W3C trace context"));
  }
  if (of.operation == "postMessage")
    parameters.push_back(header("Idempotency-Key", "used when the envelope has none"));
  if (!of.consumes.empty())
    parameters.push_back(header("Content-Encoding", "gzip (x-gzip is the same), or none"));
  return parameters;
}

node response_of(const route& of, std::uint16_t status, bool is_first) {
  node response{
      {"description", status == 101 ? std::string_view("Switching Protocols") : reason_of(status)}};
  if (status == 415)
    response["headers"]["Accept-Encoding"] = {
        {"description", "codings that are taken, when Content-Encoding named another (RFC 7694)"},
        {"schema", {{"type", "string"}, {"const", codings_taken}}}};
  if (status >= 400) {
    // /health says what it has to say in its own form.
    const bool own_form = of.operation == "getHealth";
    response["content"][own_form ? "application/json" : "application/problem+json"] = {
        {"schema", reference(own_form ? "Health" : "Problem")}};
    return response;
  }
  if (of.operation == "beginReplay" && status == 200) {
    response["content"]["application/json"] = {{"schema", reference("ReplayDiff")}};
    return response;
  }
  if (of.operation == "postMessage" && status == 200) {
    response["content"]["application/json"] = {{"schema", reference("Message")}};
    response["content"]["application/cloudevents+json"] = {{"schema", {{"type", "object"}}}};
    return response;
  }
  if (status == 204 || status == 101) return response;
  const std::string type(of.produces.empty() ? "application/json" : of.produces);
  if (!of.response_schema.empty() && (is_first || status == 207)) {
    response["content"][type] = {{"schema", reference(of.response_schema)}};
  } else {
    response["content"][type] = node::object();
  }
  return response;
}

node operation_of(const route& of) {
  node operation{
      {"operationId", of.operation}, {"summary", of.summary}, {"tags", node::array({of.tag})}};
  if (auto parameters = parameters_of(of); !parameters.empty())
    operation["parameters"] = std::move(parameters);
  if (!of.consumes.empty()) {
    node content = node::object();
    for (const auto type : of.consumes) {
      const bool is_plain = type == "application/json";
      content[std::string(type)] =
          is_plain ? node{{"schema", reference(of.request_schema)}} : node::object();
    }
    operation["requestBody"] = {{"required", true}, {"content", std::move(content)}};
  }
  for (const auto status : of.statuses)
    operation["responses"][std::to_string(status)] =
        response_of(of, status, status == of.statuses[0]);
  return operation;
}

}  // namespace

std::string openapi_text(std::span<const route> routes) {
  node made{{"openapi", "3.1.0"},
            {"info",
             {{"title", "NIP"},
              {"version", "4.0.0"},
              {"license", {{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}},
              {"description", "Messages in, rules and plugins in between, outcomes out."}}},
            {"servers", node::array({{{"url", "/"}}})}};
  for (const route& one : routes)
    made["paths"][std::string(one.pattern)][lower(to_string(one.verb))] = operation_of(one);
  made["components"]["schemas"] = node::parse(openapi_schemas());
  made["components"]["schemas"].update(node::parse(openapi_operator_schemas()));
  return made.dump();
}

void openapi(call& what) {
  if (what.shard.openapi.empty()) what.shard.openapi = openapi_text(what.shard.routes.routes());
  http::answer made;
  made.body = what.shard.openapi;
  what.answer(made);
}

}  // namespace nip::gateway::resources
