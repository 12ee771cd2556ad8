// How far a job of the server is: one line that is drawn over and over on a terminal.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "cli/http_client.hpp"
#include "cli/outcome.hpp"
#include "cli/session.hpp"

namespace nip::cli {

/// Columns of the bar itself.
inline constexpr std::size_t bar_columns = 30;

/// "[#########.....................]  31 %  1,234 sent  998/s", with what was refused and why it
/// waits. `job` is an answer of GET /v4/replay/{id}.
std::string progress_text(const nlohmann::json& job);

/// Asks for the job until it has ended, drawing its progress on a terminal's stderr; then says what
/// came of it. exit_code::failed when it did not reach its end, or something was refused.
outcome<exit_code> follow_job(session& now, http_client& client, const std::string& id);

}  // namespace nip::cli
