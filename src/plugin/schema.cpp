#include "plugin/schema.hpp"

// Without it the library ends the process over a schema that it cannot use.
#define VALIJSON_USE_EXCEPTIONS 1

#include <fmt/format.h>

#include <new>
#include <string>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

namespace nip::plugin {

namespace {

constexpr int violations_shown_max = 5;
constexpr std::size_t value_shown_max = 60;  // bytes of an offending value that a message repeats

using adapter = valijson::adapters::NlohmannJsonAdapter;

[[noreturn]] void say_no_memory() { throw std::bad_alloc(); }
/// Nothing leaves here but by the process's handler for exceptions that nobody catches.
void end_without_memory() noexcept { say_no_memory(); }

/// The library writes through the null of an allocation that failed. While this lives, one that
/// fails, of whichever thread, ends the process instead.
class memory_or_the_end {
 public:
  memory_or_the_end() : before_(std::set_new_handler(end_without_memory)) {}
  memory_or_the_end(const memory_or_the_end&) = delete;
  memory_or_the_end& operator=(const memory_or_the_end&) = delete;
  ~memory_or_the_end() { std::set_new_handler(before_); }

 private:
  std::new_handler before_;
};

status parse(const nlohmann::json& text, valijson::Schema& parsed) {
  if (!text.is_object()) return fail(errc::invalid_argument, "the config schema is no JSON object");
  try {
    valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
    parser.populateSchema(adapter(text), parsed);
    return {};
  } catch (const std::exception& thrown) {
    return fail(errc::invalid_argument,
                fmt::format("the config schema is not usable: {}", thrown.what()));
  }
}

/// "config.retry.attempts" and the value there, out of the validator's ["retry"]["attempts"].
struct place {
  std::string path = "config";
  const nlohmann::json* value = nullptr;
};

void step(place& at, const std::string& key) {
  const bool indexed = at.value != nullptr && at.value->is_array();
  at.path += indexed ? "[" + key + "]" : "." + key;
  if (at.value == nullptr) return;
  const nlohmann::json* below = nullptr;
  if (at.value->is_object() && at.value->contains(key)) below = &(*at.value)[key];
  if (indexed && std::stoul(key) < at.value->size()) below = &(*at.value)[std::stoul(key)];
  at.value = below;
}

place locate(const nlohmann::json& config, const std::vector<std::string>& context) {
  place at{.value = &config};
  for (std::string part : context) {
    if (part == "<root>") continue;
    if (part.size() >= 2 && part.front() == '[') part = part.substr(1, part.size() - 2);
    if (part.size() >= 2 && part.front() == '"') part = part.substr(1, part.size() - 2);
    step(at, part);
  }
  return at;
}

std::string describe(const nlohmann::json& config,
                     const valijson::ValidationResults::Error& violation) {
  const place at = locate(config, violation.context);
  std::string shown;
  if (at.value != nullptr && !at.value->is_object() && !at.value->is_array()) {
    shown = at.value->dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    if (shown.size() > value_shown_max) shown = shown.substr(0, value_shown_max) + "…";
    shown = fmt::format(" (found {})", shown);
  }
  return fmt::format("{}: {}{}", at.path, violation.description, shown);
}

}  // namespace

status check_schema(const nlohmann::json& schema) {
  const memory_or_the_end guard;
  valijson::Schema parsed;
  return parse(schema, parsed);
}

status check_config(const nlohmann::json& config, const nlohmann::json& schema) {
  const memory_or_the_end guard;
  valijson::Schema parsed;
  NIP_CHECK(parse(schema, parsed));
  valijson::Validator validator;
  valijson::ValidationResults violations;
  if (validator.validate(parsed, adapter(config), &violations)) return {};
  std::string detail;
  valijson::ValidationResults::Error violation;
  // The innermost violation says most, so the validator's order (innermost first) is kept.
  for (int shown = 0; shown < violations_shown_max && violations.popError(violation); ++shown) {
    if (!detail.empty()) detail += "; ";
    detail += describe(config, violation);
  }
  return fail(errc::invalid_argument,
              detail.empty() ? "config: not valid against the schema" : detail);
}

}  // namespace nip::plugin
