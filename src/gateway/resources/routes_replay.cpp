// Routes of replays, and of redrives that run as jobs.
#include "gateway/resources/route_parts.hpp"

namespace nip::gateway::resources {
namespace {

using http::method;

constexpr std::array<std::uint16_t, 6> replay_begun{202, 200, 400, 413, 415, 429};

constexpr std::array replay_table{
    parts::write(method::post,
                 {"/v4/replay", "beginReplay", "replay",
                  "Send stored messages again, or as a dry run show what would change"},
                 begin_replay, "ReplayWish", "Job", replay_begun),
    parts::read({"/v4/replay", "listReplays", "replay", "Replays and redrives since the start"},
                list_replays, "Page", parts::ok),
    parts::read({"/v4/replay/{id}", "getReplay", "replay", "Progress of a replay"}, get_replay,
                "Job"),
    parts::act(method::del,
               {"/v4/replay/{id}", "cancelReplay", "replay", "End a replay; what was sent stays"},
               cancel_replay, "Job", parts::ok_or_missing),
};

}  // namespace

std::span<const route> replay_routes() { return replay_table; }

}  // namespace nip::gateway::resources
