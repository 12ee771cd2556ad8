#include "shaper.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <array>
#include <stdexcept>

#include "cel/json_input.hpp"
#include "cel/write.hpp"
#include "shaper_config.hpp"

namespace transform {

namespace {

/// What belongs to the message that came in, not to the one that is made of it.
constexpr std::array<std::string_view, 10> own_keys = {
    "causation_id", "hops",   "retry_count", "idempotency_key", "topic",
    "reply_to",     "tenant", "deadline",    "mandatory",       "traceparent"};

/// Why this message cannot be shaped.
class unshapable : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

nlohmann::json inherited(std::string_view metadata) {
  if (metadata.empty()) return nlohmann::json::object();
  auto kept = nlohmann::json::parse(metadata);
  for (const std::string_view key : own_keys) kept.erase(std::string(key));
  return kept;
}

void put(nlohmann::json& out, const assignment& one, nlohmann::json value) {
  nlohmann::json* at = &out;
  for (const std::string& step : one.steps) {
    if (at->is_null()) *at = nlohmann::json::object();
    if (!at->is_object())
      throw unshapable(
          fmt::format("set.{}: there is a {} above \"{}\"", one.place, at->type_name(), step));
    at = &(*at)[step];
  }
  *at = std::move(value);
}

}  // namespace

struct shaper::core {
  explicit core(std::string_view text) : config(parse_config(text)), input(config.paths) {}

  nip::cel::value evaluate(const nip::cel::program& expression, std::string_view key) {
    const nip::cel::value found = expression.evaluate(input, memory);
    if (found.is_error()) throw unshapable(fmt::format("{}: {}", key, expression.describe(found)));
    return found;
  }
  bool drops() {
    if (!config.drop_if) return false;
    const auto verdict = evaluate(*config.drop_if, "drop_if");
    if (!verdict.is(nip::cel::value_kind::boolean))
      throw unshapable(
          fmt::format("drop_if: expected true or false, got {}", nip::cel::type_name(verdict)));
    return verdict.is_true();
  }
  nlohmann::json shape(const source& in);

  shaper_config config;
  simdjson::dom::parser parser;
  nip::cel::json_input input;
  nip::cel::arena memory;
};

nlohmann::json shaper::core::shape(const source& in) {
  nlohmann::json out = {{"type", in.type}, {"metadata", inherited(in.metadata)}};
  if (config.touches_data && !in.data.empty()) out["data"] = nlohmann::json::parse(in.data);
  out.merge_patch(config.merge);
  for (const assignment& one : config.set)
    put(out, one,
        nlohmann::json::parse(nip::cel::to_json(evaluate(one.expression, "set." + one.place))));
  if (!config.topic.empty()) out["metadata"]["topic"] = config.topic;
  const auto type = out.find("type");
  if (type == out.end() || !type->is_string() || type->get_ref<const std::string&>().empty())
    throw unshapable("type: the result needs one that is a string and not empty");
  return out;
}

shaper::shaper(std::string_view config) : core_(std::make_unique<core>(config)) {}
shaper::~shaper() = default;

bool shaper::publishes() const { return core_->config.publishes; }
std::uint32_t shaper::level() const { return core_->config.level; }

shaped shaper::apply(const source& in) {
  core& it = *core_;
  it.memory.reset();
  it.input.begin();
  simdjson::dom::element root;
  if (it.parser.parse(in.json.data(), in.json.size()).get(root) != simdjson::SUCCESS)
    return {shaped::failed, "the message is no JSON"};
  it.input.set("message", root);
  try {
    if (it.drops()) return {shaped::dropped, {}};
    std::string text = it.shape(in).dump();
    if (!it.config.touches_data && !in.data.empty()) {
      // Untouched data goes through byte by byte: numbers keep their digits.
      text.pop_back();
      text.append(R"(,"data":)").append(in.data).append("}");
    }
    return {shaped::made, std::move(text)};
  } catch (const std::exception& thrown) {
    return {shaped::failed, thrown.what()};
  }
}

}  // namespace transform
