#include "gateway/stage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/nearest.hpp"
#include "base/random.hpp"

namespace nip::gateway {
namespace {

/// Takes the client's X-Request-Id when it is plain, else makes one: shard, random start, count.
class request_id_stage final : public stage {
 public:
  request_id_stage(unsigned shard, std::uint64_t seed) : count_(xoshiro(seed + shard).next()) {}
  std::string_view name() const override { return "request_id"; }

  std::optional<problem> enter(passage& what) override {
    if (is_plain(what.request.request_id)) {
      what.slot.id.assign(what.request.request_id);
      return std::nullopt;
    }
    static constexpr char digits[] = "0123456789abcdef";
    char text[16];
    std::uint64_t left = count_++;
    for (std::size_t i = sizeof text; i-- > 0; left >>= 4) text[i] = digits[left & 15];
    what.slot.id.assign({text, sizeof text});
    return std::nullopt;
  }

 private:
  /// The id goes into logs and back into a header: letters, digits and a few signs only.
  static bool is_plain(std::string_view text) {
    return !text.empty() && text.size() <= http::request_id::size_max &&
           std::ranges::all_of(text, [](char c) {
             return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                    c == '-' || c == '_' || c == '.' || c == ':' || c == '/' || c == '+' ||
                    c == '=';
           });
  }

  std::uint64_t count_;
};

class access_log_stage final : public stage {
 public:
  explicit access_log_stage(const logger& log) : log_(log.named("access")) {}
  std::string_view name() const override { return "access_log"; }

  std::optional<problem> enter(passage& what) override {
    if (log_.enabled(log_level::debug))
      what.slot.log_line.append(what.request.verb_text).append(" ").append(what.request.target);
    return std::nullopt;
  }
  void leave(const http::exchange& what, mono_time now) override {
    if (what.log_line.empty()) return;
    const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(now - what.started);
    log_.debug("{} {} {}us request={}", what.log_line, what.status, micros.count(), what.id.view());
  }

 private:
  logger log_;
};

class limits_stage final : public stage {
 public:
  explicit limits_stage(const limits& bounds) : bounds_(bounds) {}
  std::string_view name() const override { return "limits"; }

  std::optional<problem> enter(passage& what) override {
    if (bounds_.requests_in_flight_max != 0 && in_flight_ >= bounds_.requests_in_flight_max)
      return http_problem(503, fmt::format("{} requests are in flight on this shard, the bound of "
                                           "api_gateway.limits.requests_in_flight; try again later",
                                           in_flight_));
    ++in_flight_;
    what.slot.counted = true;
    return std::nullopt;
  }
  void leave(const http::exchange& what, mono_time) override { in_flight_ -= what.counted ? 1 : 0; }

 private:
  const limits& bounds_;
  std::uint32_t in_flight_ = 0;
};

constexpr std::array<std::string_view, 3> known_names{"request_id", "access_log", "limits"};

}  // namespace

result<stage_chain> stage_chain::make(const options& settings, unsigned shard, std::uint64_t seed,
                                      const logger& log) {
  stage_chain made;
  for (const std::string& name : settings.stages) {
    if (std::ranges::count(settings.stages, name) > 1)
      return fail(errc::invalid_argument,
                  fmt::format("api_gateway.stages: \"{}\" stands twice", name));
    if (name == "request_id") {
      made.stages_.push_back(std::make_unique<request_id_stage>(shard, seed));
    } else if (name == "access_log") {
      made.stages_.push_back(std::make_unique<access_log_stage>(log));
    } else if (name == "limits") {
      made.stages_.push_back(std::make_unique<limits_stage>(settings.bounds));
    } else {
      return fail(
          errc::invalid_argument,
          fmt::format("api_gateway.stages: unknown stage \"{}\"; known are request_id, access_log, "
                      "limits{}",
                      name, did_you_mean(name, known_names)));
    }
  }
  return made;
}

std::vector<std::string_view> stage_chain::names() const {
  std::vector<std::string_view> names;
  for (const auto& one : stages_) names.push_back(one->name());
  return names;
}

}  // namespace nip::gateway
