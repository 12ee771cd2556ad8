#include "gateway/resources/call.hpp"

#include <fmt/format.h>

#include <charconv>

#include "gateway/text.hpp"

namespace nip::gateway::resources {

http::answer json_answer(unsigned status, const nlohmann::json& value) {
  http::answer made;
  made.status = status;
  if (status == 204) {
    made.content_type = {};
    return made;
  }
  // Text from outside (an error of a plugin, say) need not be UTF-8: shown as far as it is.
  made.body = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return made;
}

broker::respond call::respond(unsigned status) {
  const std::string id(slot.id.view());
  return
      [desk = shard.desk, to = from.address_of(slot), status, id](result<nlohmann::json> outcome) {
        const auto open = desk.lock();
        if (!open) return;
        open->answer(to, outcome ? json_answer(status, *outcome)
                                 : http::problem_answer(make_problem(outcome.error()), id));
      };
}

broker::respond call::respond_job() {
  const std::string id(slot.id.view());
  return [desk = shard.desk, to = from.address_of(slot), id](result<nlohmann::json> outcome) {
    const auto open = desk.lock();
    if (!open) return;
    if (!outcome) return open->answer(to, http::problem_answer(make_problem(outcome.error()), id));
    auto made = json_answer(202, *outcome);
    if (const auto job = outcome->find("id"); job != outcome->end() && job->is_string())
      add_field(made, "Location", "/v4/replay/" + job->get_ref<const std::string&>());
    open->answer(to, std::move(made));
  };
}

std::optional<nlohmann::json> call::json_body() {
  nlohmann::json parsed;
  try {
    parsed = nlohmann::json::parse(request.body);
  } catch (const nlohmann::json::parse_error& why) {
    refuse(make_problem(errc::parse, fmt::format("body: {}", why.what())));
    return std::nullopt;
  }
  return parsed;
}

std::optional<broker::page> call::page() {
  constexpr std::uint32_t limit_max = 1000;
  broker::page asked;
  asked.cursor = query_value(request.query, "cursor");
  const std::string limit = query_value(request.query, "limit");
  if (limit.empty()) return asked;
  const auto parsed = std::from_chars(limit.data(), limit.data() + limit.size(), asked.limit);
  if (parsed.ec != std::errc{} || parsed.ptr != limit.data() + limit.size() || asked.limit == 0 ||
      asked.limit > limit_max) {
    refuse(
        make_problem(errc::invalid_argument,
                     fmt::format("?limit={}: expected a number from 1 to {}", limit, limit_max)));
    return std::nullopt;
  }
  return asked;
}

}  // namespace nip::gateway::resources
