// Routes of dead letters.
#include "gateway/resources/route_parts.hpp"

namespace nip::gateway::resources {
namespace {

using http::method;

using parts::text;

constexpr std::array<text, 10> letters_searched{"fingerprint", "rule", "target", "reason", "type",
                                                "from",        "to",   "filter", "cursor", "limit"};
constexpr std::array<text, 8> letters_grouped{"fingerprint", "rule", "target", "reason",
                                              "type",        "from", "to",     "filter"};
constexpr std::array<std::uint16_t, 6> redrive_begun{202, 400, 404, 413, 415, 503};
constexpr std::array<std::uint16_t, 7> redrives_begun{202, 400, 404, 413, 415, 429, 503};
constexpr std::array<std::uint16_t, 3> letter_removed{200, 400, 404};
constexpr std::array<std::uint16_t, 5> letters_removed{200, 400, 404, 413, 415};

constexpr std::array dead_letter_table{
    parts::read({"/v4/dead-letters", "listDeadLetters", "dead-letters",
                 "What could not be delivered and why"},
                list_dead_letters, "Page", parts::ok_or_bad, letters_searched),
    parts::read({"/v4/dead-letters/groups", "groupDeadLetters", "dead-letters",
                 "Dead letters by error fingerprint, the most frequent first"},
                dead_letter_groups, "Page", parts::ok_or_bad, letters_grouped),
    parts::write(method::post,
                 {"/v4/dead-letters:redrive", "redriveDeadLetters", "dead-letters",
                  "Deliver dead letters again"},
                 redrive_some, "Redrive", "Redriven", redrives_begun),
    parts::write(
        method::post,
        {"/v4/dead-letters:purge", "purgeDeadLetters", "dead-letters", "Throw dead letters away"},
        purge_some, "Purge", "Count", letters_removed),
    parts::write(method::post,
                 {"/v4/dead-letters/{seq}:redrive", "redriveDeadLetter", "dead-letters",
                  "Deliver one dead letter again, as it is, changed, or elsewhere"},
                 redrive_one, "RedriveOne", "Redriven", redrive_begun),
    parts::act(method::post,
               {"/v4/dead-letters/{seq}:purge", "purgeDeadLetter", "dead-letters",
                "Throw one dead letter away"},
               purge_one, "Count", letter_removed),
    parts::read({"/v4/dead-letters/{seq}", "getDeadLetter", "dead-letters", "One dead letter"},
                get_dead_letter, "DeadLetter"),
};

}  // namespace

std::span<const route> dead_letter_routes() { return dead_letter_table; }

}  // namespace nip::gateway::resources
