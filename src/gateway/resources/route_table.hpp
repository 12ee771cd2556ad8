// The one table of routes: requests are dispatched by it, and /openapi.json is made from it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gateway/http/exchange.hpp"
#include "gateway/http/request.hpp"
#include "gateway/http/response_writer.hpp"
#include "message/message.hpp"

namespace nip::gateway {
struct services;
}
namespace nip::gateway::http {
class session;
}
namespace nip::gateway::batch {
class body;
}

namespace nip::gateway::resources {

struct call;

/// One operation. `pattern` has literal segments and "{name}" ones; a literal may follow a
/// parameter behind a colon ("{name}:enable"). Texts are literals.
struct route {
  http::method verb;
  std::string_view pattern;
  std::string_view operation;  ///< OpenAPI operationId
  std::string_view tag;
  std::string_view summary;
  void (*handle)(call&);  ///< null: the body is taken as it comes, see begin_batch()
  std::span<const std::string_view> consumes;  ///< media types of the body; empty: no body wanted
  std::string_view request_schema;             ///< name under components/schemas; empty: none
  std::string_view response_schema;            ///< the same, of the first of `statuses`
  std::string_view produces;                   ///< media type of the answer
  std::span<const std::uint16_t> statuses;     ///< what it answers; the first is the good case
  std::span<const std::string_view> query;     ///< names of query parameters
};

/// Every route of the gateway, in the order in which they are tried.
std::span<const route> all_routes();

struct match {
  const route* found = nullptr;
  std::array<std::string_view, 2> parameters;  ///< still encoded; views into the path
};
struct no_such_path {
  std::string_view nearest;  ///< a pattern that was perhaps meant; empty: none is close
};
struct no_such_method {
  std::string allowed;  ///< for Allow
};

/// Finds routes. Immutable after construction.
class route_table {
 public:
  explicit route_table(std::span<const route> routes = all_routes()) : routes_(routes) {}
  /// HEAD finds the route of GET.
  std::variant<match, no_such_path, no_such_method> find(http::method verb,
                                                         std::string_view path) const;
  std::span<const route> routes() const { return routes_; }

 private:
  no_such_path suggest(std::string_view path) const;

  std::span<const route> routes_;
};

/// Why `what` cannot be handled as it stands: its coding, media type or Accept do not fit.
std::optional<http::answer> objection_to(const call& what, const route& to);
/// Hands a request that passed the stages to its handler, or answers what is wrong with it. The
/// body of a compressed one is replaced by what it inflates to.
void dispatch(services& shard, http::session& from, http::request& what, http::exchange& slot);

/// The body of a request that waited: the reply itself, or as a CloudEvent.
void write_reply(services& shard, http::answer& to, const message::message& reply, bool as_event);
/// The answer to a batch whose every entry has its outcome.
http::answer batch_answer(const batch::outcomes& batch);
/// A batch whose head passed the stages: how its body is to be taken, or refused as a whole.
std::unique_ptr<batch::body> begin_batch(services& shard, http::session& from,
                                         const http::request& what, http::exchange& slot);
/// Whether a request to this path is handed to its resource before its body is whole.
bool takes_body_as_it_comes(http::method verb, std::string_view path);

}  // namespace nip::gateway::resources
