// One request at its handler: what came, and how to answer now or later.
#pragma once

#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "broker/administration.hpp"
#include "gateway/http/session.hpp"
#include "gateway/services.hpp"

namespace nip::gateway::resources {

/// Lives while its handler runs. After an answer the exchange may be gone: answer last.
struct call {
  static constexpr std::size_t parameters_max = 2;

  services& shard;
  http::session& from;
  const http::request& request;
  http::exchange& slot;
  std::array<std::string, parameters_max> parameters;  ///< out of the path, decoded, in order

  void answer(const http::answer& what) { from.give(slot, what); }
  void refuse(const problem& why) { from.refuse(slot, why); }
  void refuse(const error& why) { from.refuse(slot, make_problem(why)); }

  /// For an operation of the administration: its JSON with `status` (200), or its error as a
  /// problem, now or later; nothing when the session is gone by then.
  broker::respond respond(unsigned status = 200);
  /// The same for one that begins a job: 202 and Location where its answer has the job's id, else
  /// 202 alone.
  broker::respond respond_job();
  /// The body as JSON; a problem is answered and null returned when it is not.
  std::optional<nlohmann::json> json_body();
  /// `cursor` and `limit` of the query; a problem is answered when limit is not 1 to 1000.
  std::optional<broker::page> page();
};

using handler = void (*)(call&);

/// 200 with a JSON value.
http::answer json_answer(unsigned status, const nlohmann::json& value);

}  // namespace nip::gateway::resources
