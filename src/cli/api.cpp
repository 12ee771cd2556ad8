#include "cli/api.hpp"

#include <fmt/format.h>

namespace nip::cli {
namespace {

constexpr std::size_t page_size = 1000;   // the most that the server gives at once
constexpr std::size_t excerpt_max = 300;  // of a body that is no problem document

std::string text_of(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

std::string next_cursor(const nlohmann::json& page) {
  const auto next = page.find("next");
  if (next == page.end() || next->is_null()) return {};
  return next->is_string() ? next->get<std::string>() : next->dump();
}

}  // namespace

std::string describe_problem(const nlohmann::json& problem) {
  if (!problem.is_object()) return problem.dump();
  const std::string title = text_of(problem, "title");
  const std::string detail = text_of(problem, "detail");
  std::string head;
  if (const auto status = problem.find("status"); status != problem.end() && status->is_number())
    head = fmt::format("{} ", status->get<long>());
  if (title.empty() && detail.empty()) return head + problem.dump();
  if (detail.empty()) return head + title;
  return title.empty() ? head + detail : fmt::format("{}{}: {}", head, title, detail);
}

std::string describe_problem(long status, std::string_view body) {
  auto problem = nlohmann::json::parse(body, nullptr, false);
  if (problem.is_object()) {
    problem["status"] = status;
    return describe_problem(problem);
  }
  if (body.empty()) return fmt::format("{} without an explanation", status);
  return fmt::format("{}: {}", status, body.substr(0, excerpt_max));
}

outcome<nlohmann::json> call(http_client& client, const http_request& request) {
  NIP_TRY(response, client.send(request));
  if (response.status < 200 || response.status > 299)
    return stop(exit_code::failed, describe_problem(response.status, response.body));
  if (response.body.empty()) return nlohmann::json(nullptr);
  auto body = nlohmann::json::parse(response.body, nullptr, false);
  if (body.is_discarded())
    return stop(exit_code::failed,
                fmt::format("{} answered {} {} with something that is not JSON: {}; is it nipd?",
                            client.server().url(), request.method, request.path,
                            response.body.substr(0, excerpt_max)));
  return body;
}

outcome<nlohmann::json> list_all(http_client& client, std::string path, std::size_t limit) {
  auto items = nlohmann::json::array();
  std::string cursor;
  const char separator = path.find('?') == std::string::npos ? '?' : '&';
  for (unsigned pages = 0; pages < pages_max; ++pages) {
    const std::size_t wanted = limit == 0 ? page_size : std::min(page_size, limit - items.size());
    std::string page_path = fmt::format("{}{}limit={}", path, separator, wanted);
    if (!cursor.empty()) page_path += "&cursor=" + url_escape(cursor);
    NIP_TRY(page, call(client, {.path = page_path}));
    if (!page.is_object() || !page.contains("items"))
      return stop(exit_code::failed, fmt::format("{} is no list: {}", path, page.dump()));
    for (auto& item : page["items"]) items.push_back(std::move(item));
    cursor = next_cursor(page);
    if (cursor.empty() || (limit != 0 && items.size() >= limit)) break;
  }
  return items;
}

http_request json_request(std::string method, std::string path, const nlohmann::json& body) {
  return {.method = std::move(method),
          .path = std::move(path),
          .body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
          .headers = {"Content-Type: application/json"}};
}

}  // namespace nip::cli
