#include "shaper_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace transform {

namespace {

constexpr std::array<std::string_view, 5> roots = {"type", "data", "metadata", "source",
                                                   "correlation_id"};

constexpr std::array<std::string_view, 4> levels = {"memory", "buffered", "fsync", "replicated"};

nip::cel::program compile(const std::string& key, const std::string& expression,
                          const nip::cel::environment& env, nip::cel::path_table& paths) {
  auto compiled = nip::cel::compile(expression, env, paths);
  if (!compiled) throw std::invalid_argument(fmt::format("{}: {}", key, compiled.error().detail));
  return *std::move(compiled);
}

std::vector<std::string> split(const std::string& place) {
  std::vector<std::string> steps;
  std::size_t from = 0;
  for (std::size_t dot; (dot = place.find('.', from)) != std::string::npos; from = dot + 1)
    steps.push_back(place.substr(from, dot - from));
  steps.push_back(place.substr(from));
  return steps;
}

void check_path(const std::string& place, const std::vector<std::string>& steps) {
  const bool known = std::find(roots.begin(), roots.end(), steps[0]) != roots.end();
  if (!known)
    throw std::invalid_argument(fmt::format(
        "set.{}: a path starts with type, data, metadata, source or correlation_id", place));
  if (steps.size() > 1 && steps[0] != "data" && steps[0] != "metadata")
    throw std::invalid_argument(
        fmt::format("set.{}: {} is a string, nothing is below it", place, steps[0]));
  if (steps.size() > path_depth_max)
    throw std::invalid_argument(
        fmt::format("set.{}: {} steps, at most {}", place, steps.size(), path_depth_max));
  for (const std::string& step : steps)
    if (step.empty()) throw std::invalid_argument(fmt::format("set.{}: an empty step", place));
}

void check_merge(const nlohmann::json& merge) {
  for (const auto& [key, value] : merge.items())
    if (std::find(roots.begin(), roots.end(), key) == roots.end())
      throw std::invalid_argument(
          fmt::format("merge.{}: only type, data, metadata, source and "
                      "correlation_id can be patched",
                      key));
}

}  // namespace

shaper_config parse_config(std::string_view text) {
  const auto config = nlohmann::json::parse(text);
  shaper_config out;
  nip::cel::environment env;
  env.variable("message");
  if (config.contains("drop_if"))
    out.drop_if = compile("drop_if", config["drop_if"].get<std::string>(), env, out.paths);
  const auto set = config.value("set", nlohmann::json::object());
  if (set.size() > expressions_max)
    throw std::invalid_argument(
        fmt::format("set: {} expressions, at most {}", set.size(), expressions_max));
  for (const auto& [place, expression] : set.items()) {
    auto steps = split(place);
    check_path(place, steps);
    out.touches_data |= steps[0] == "data";
    out.set.push_back({place, std::move(steps),
                       compile("set." + place, expression.get<std::string>(), env, out.paths)});
  }
  out.merge = config.value("merge", nlohmann::json::object());
  check_merge(out.merge);
  out.touches_data |= out.merge.contains("data");
  out.topic = config.value("to_topic", "");
  out.publishes = config.value("publish", !out.topic.empty());
  const auto level = std::find(levels.begin(), levels.end(), config.value("ack", "fsync"));
  out.level = static_cast<std::uint32_t>(level - levels.begin());
  return out;
}

}  // namespace transform
