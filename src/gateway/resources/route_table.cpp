#include "gateway/resources/route_table.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/nearest.hpp"
#include "gateway/http/media_type.hpp"
#include "gateway/resources/call.hpp"
#include "gateway/resources/content_coding.hpp"
#include "gateway/resources/handlers.hpp"
#include "gateway/text.hpp"

namespace nip::gateway::resources {
namespace {

constexpr std::string_view every_method = "GET, HEAD, POST, PUT, DELETE, OPTIONS";

/// Matches one segment; a parameter takes at least one character and, before a ":action", none of
/// it.
bool match_segment(std::string_view pattern, std::string_view segment, match& into,
                   std::size_t& count) {
  if (!pattern.starts_with('{')) return pattern == segment;
  const auto close = pattern.find('}');
  const std::string_view suffix = pattern.substr(close + 1);
  if (segment.size() <= suffix.size() || !segment.ends_with(suffix)) return false;
  into.parameters[count++] = segment.substr(0, segment.size() - suffix.size());
  return true;
}

bool match_path(std::string_view pattern, std::string_view path, match& into) {
  std::size_t parameters = 0;
  if (!path.starts_with('/')) return false;
  while (!pattern.empty() && !path.empty()) {
    pattern.remove_prefix(1);
    path.remove_prefix(1);
    const auto wanted = pattern.substr(0, pattern.find('/'));
    const auto segment = path.substr(0, path.find('/'));
    if (!match_segment(wanted, segment, into, parameters)) return false;
    pattern.remove_prefix(wanted.size());
    path.remove_prefix(segment.size());
  }
  return pattern.empty() && path.empty();
}

void add_method(std::string& to, std::string_view verb) {
  if (to.find(verb) != std::string::npos) return;
  if (!to.empty()) to += ", ";
  to += verb;
}

/// Methods of every route for this path; empty when there is none.
std::string allowed_for(std::span<const route> routes, std::string_view path) {
  std::string allowed;
  for (const route& one : routes) {
    match ignored;
    if (!match_path(one.pattern, path, ignored)) continue;
    add_method(allowed, to_string(one.verb));
    if (one.verb == http::method::get) add_method(allowed, "HEAD");
  }
  if (!allowed.empty()) add_method(allowed, "OPTIONS");
  return allowed;
}

void answer_missing(call& what, const no_such_path& why) {
  std::string detail = fmt::format("no resource \"{}\"", what.request.path);
  detail += why.nearest.empty() ? "; /openapi.json lists them all"
                                : fmt::format("; did you mean {}?", why.nearest);
  what.refuse(http_problem(404, std::move(detail)));
}

void answer_method(call& what, const no_such_method& why) {
  http::answer made;
  if (what.request.verb == http::method::options) {
    made.status = 204;
    made.content_type = {};
  } else {
    made = http::problem_answer(
        http_problem(405, fmt::format("{} has no {}; allowed are {}", what.request.path,
                                      what.request.verb_text, why.allowed)),
        what.slot.id.view());
  }
  add_field(made, "Allow", why.allowed);
  what.answer(made);
}

http::answer coding_answer(const call& what) {
  auto made = http::problem_answer(coding_problem(what.request), what.slot.id.view());
  add_field(made, "Accept-Encoding", codings_taken);  // RFC 7694, 3
  return made;
}

bool has_body(const http::request& request) {
  return !request.body.empty() || request.chunked || request.content_length != 0;
}

/// 415 where the body is of another type than the route takes.
std::optional<problem> media_problem(const route& to, const http::request& request) {
  if (to.consumes.empty() || !has_body(request)) return std::nullopt;
  const std::string_view type = http::essence(request.content_type);
  // A body without a type is taken for JSON; curl's default for -d is told what is expected.
  if (type.empty() || request.cloud_event) return std::nullopt;
  const auto same = [&](std::string_view known) { return equals_ignoring_case(type, known); };
  if (std::ranges::any_of(to.consumes, same)) return std::nullopt;
  return http_problem(
      415, fmt::format("Content-Type \"{}\"; {} {} takes {}", type, to_string(to.verb), to.pattern,
                       fmt::join(to.consumes, ", ")));
}

/// `request` is the call's own.
void run(call& what, const match& way, http::request& request) {
  for (std::size_t i = 0; i < way.parameters.size(); ++i)
    if (way.parameters[i].data() != nullptr)
      what.parameters[i] = percent_decoded(way.parameters[i]);
  if (const auto wrong = objection_to(what, *way.found)) return what.answer(*wrong);
  const coding body = way.found->consumes.empty() ? coding::identity : coding_of(request);
  if (body == coding::identity) return way.found->handle(what);
  if (const auto wrong = decode_body(what.shard, request)) return what.refuse(*wrong);
  way.found->handle(what);
  what.shard.bodies.rest();
}

}  // namespace

std::optional<http::answer> objection_to(const call& what, const route& to) {
  if (!to.consumes.empty() && coding_of(what.request) == coding::unknown)
    return coding_answer(what);
  const auto id = what.slot.id.view();
  if (const auto wrong = media_problem(to, what.request)) return http::problem_answer(*wrong, id);
  if (to.produces.empty() || http::is_acceptable(what.request.accept, to.produces))
    return std::nullopt;
  return http::problem_answer(http_problem(406, fmt::format("Accept \"{}\"; this resource is {}",
                                                            what.request.accept, to.produces)),
                              id);
}

std::variant<match, no_such_path, no_such_method> route_table::find(http::method verb,
                                                                    std::string_view path) const {
  const auto wanted = verb == http::method::head ? http::method::get : verb;
  for (const route& one : routes_) {
    match way;
    if (one.verb != wanted || !match_path(one.pattern, path, way)) continue;
    way.found = &one;
    return way;
  }
  if (path == "*") return no_such_method{std::string(every_method)};  // OPTIONS *: the whole server
  if (auto allowed = allowed_for(routes_, path); !allowed.empty())
    return no_such_method{std::move(allowed)};
  return suggest(path);
}

no_such_path route_table::suggest(std::string_view path) const {
  std::vector<std::string_view> patterns;
  for (const route& one : routes_) patterns.push_back(one.pattern);
  return {nearest(path, patterns)};
}

void dispatch(services& shard, http::session& from, http::request& what, http::exchange& slot) {
  call made{shard, from, what, slot, {}};
  // The busiest route is not looked for: plain JSON, nothing to negotiate.
  if (what.verb == http::method::post && what.path == "/v4/messages" && !what.cloud_event &&
      what.content_type == "application/json" && what.content_encoding.empty())
    return post_message(made);
  const auto way = shard.routes.find(what.verb, what.path);
  if (const auto* found = std::get_if<match>(&way)) return run(made, *found, what);
  if (const auto* method = std::get_if<no_such_method>(&way)) return answer_method(made, *method);
  answer_missing(made, std::get<no_such_path>(way));
}

}  // namespace nip::gateway::resources
