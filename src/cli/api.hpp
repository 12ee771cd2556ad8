// Calls of the REST interface: JSON in, JSON out, problems as sentences.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "cli/http_client.hpp"

namespace nip::cli {

/// One sentence out of an error answer (RFC 9457 where it is one): status, title, detail.
std::string describe_problem(long status, std::string_view body);
std::string describe_problem(const nlohmann::json& problem);

/// Sends and reads the JSON answer; null when the body is empty. Fails with exit_code::failed on a
/// status outside 2xx, with the problem as its text.
outcome<nlohmann::json> call(http_client& client, const http_request& request);

/// GET of a list through all its pages, at most `limit` items (0: all, within pages_max).
outcome<nlohmann::json> list_all(http_client& client, std::string path, std::size_t limit = 0);

/// Pages that list_all follows at most.
inline constexpr unsigned pages_max = 10'000;

/// A request with a JSON body.
http_request json_request(std::string method, std::string path, const nlohmann::json& body);

}  // namespace nip::cli
