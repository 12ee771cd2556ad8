// What every request passes before its handler and behind it: named stages in an order that config
// gives.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.hpp"
#include "base/result.hpp"
#include "gateway/http/exchange.hpp"
#include "gateway/http/request.hpp"
#include "gateway/options.hpp"
#include "gateway/problem.hpp"

namespace nip::gateway {

/// A request on its way in. Valid during the call.
struct passage {
  const http::request& request;
  http::exchange& slot;
  mono_time now;
};

/// One a shard, on its thread. State that spans requests is the shard's.
class stage {
 public:
  virtual ~stage() = default;
  virtual std::string_view name() const = 0;
  /// Nothing lets the request pass; a problem answers it, and later stages do not see it.
  virtual std::optional<problem> enter(passage& what) = 0;
  /// Called once for every request that some stage saw, also one that was refused: when its answer
  /// is complete, or (status 499) its peer has gone.
  virtual void leave(const http::exchange& /*what*/, mono_time /*now*/) {}
};

/// The stages of one shard in the order of the names. Owns them.
class stage_chain {
 public:
  /// Known names: "request_id" (takes or makes X-Request-Id), "access_log" (a line a request at
  /// level debug), "limits" (refuses above limits::requests_in_flight_max). Fails with
  /// errc::invalid_argument for another name or one that stands twice. `settings` outlives the
  /// chain.
  static result<stage_chain> make(const options& settings, unsigned shard, std::uint64_t seed,
                                  const logger& log);

  std::optional<problem> enter(passage& what) const {
    for (const auto& one : stages_)
      if (auto refused = one->enter(what)) return refused;
    return std::nullopt;
  }
  void leave(const http::exchange& what, mono_time now) const {
    for (const auto& one : stages_) one->leave(what, now);
  }
  std::vector<std::string_view> names() const;

 private:
  std::vector<std::unique_ptr<stage>> stages_;
};

}  // namespace nip::gateway
