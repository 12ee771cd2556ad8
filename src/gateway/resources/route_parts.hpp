// What the tables of routes are made of: media types, query parameters, statuses, short forms.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "gateway/resources/handlers.hpp"
#include "gateway/resources/route_table.hpp"

namespace nip::gateway::resources {

// The tables, in the order in which they are tried.
std::span<const route> message_routes();
std::span<const route> rule_routes();
std::span<const route> plugin_routes();
std::span<const route> replay_routes();
std::span<const route> subscription_routes();
std::span<const route> dead_letter_routes();
std::span<const route> system_routes();

namespace parts {

using text = std::string_view;
using texts = std::span<const std::string_view>;
using statuses = std::span<const std::uint16_t>;

inline constexpr text json = "application/json";
inline constexpr text negotiated = {};  ///< the handler looks at Accept itself
inline constexpr std::array<text, 1> json_body{json};

inline constexpr std::array<text, 2> paged{"cursor", "limit"};

inline constexpr std::array<std::uint16_t, 1> ok{200};
inline constexpr std::array<std::uint16_t, 2> ok_or_missing{200, 404};
inline constexpr std::array<std::uint16_t, 2> ok_or_bad{200, 400};
inline constexpr std::array<std::uint16_t, 6> changed{200, 400, 404, 409, 413, 415};
inline constexpr std::array<std::uint16_t, 4> tested{200, 400, 413, 415};

/// Where a route is and what it is called.
struct place {
  text pattern;
  text operation;
  text tag;
  text summary;
};

/// GET of JSON.
constexpr route read(const place& at, handler how, text schema, statuses answers = ok_or_missing,
                     texts query = {}) {
  return {
      http::method::get, at.pattern, at.operation, at.tag, at.summary, how, {}, {}, schema, json,
      answers,           query};
}

/// An operation without a body.
constexpr route act(http::method verb, const place& at, handler how, text schema,
                    statuses answers) {
  return {verb, at.pattern, at.operation, at.tag, at.summary, how,
          {},   {},         schema,       json,   answers,    {}};
}

/// An operation with a JSON body.
constexpr route write(http::method verb, const place& at, handler how, text body_schema,
                      text schema, statuses answers) {
  return {verb,      at.pattern,  at.operation, at.tag, at.summary, how,
          json_body, body_schema, schema,       json,   answers,    {}};
}

}  // namespace parts
}  // namespace nip::gateway::resources
