#include "plugin/native/describe.hpp"

#include <fmt/format.h>

#include <cmath>

#include "plugin/schema.hpp"

namespace nip::plugin::native {

namespace {

constexpr std::size_t name_bytes_max = 64;
constexpr std::size_t text_bytes_max = 4096;

std::string_view text(nip_view view) {
  return view.data == nullptr ? std::string_view() : std::string_view(view.data, view.size);
}

status check_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  if (!name.empty() && name.size() <= name_bytes_max &&
      std::all_of(name.begin(), name.end(), allowed))
    return {};
  return fail(errc::invalid_argument,
              fmt::format("descriptor.name \"{}\": expected 1 to {} of a-z 0-9 _ -",
                          name.substr(0, name_bytes_max), name_bytes_max));
}

result<nlohmann::json> parse_object(std::string_view field, nip_view view) {
  if (view.size == 0) return nlohmann::json::object();
  if (view.size > schema_bytes_max)
    return fail(errc::too_large, fmt::format("descriptor.{}: {} bytes, at most {}", field,
                                             view.size, schema_bytes_max));
  auto parsed = nlohmann::json::parse(text(view), nullptr, false);
  if (parsed.is_discarded() || !parsed.is_object())
    return fail(errc::invalid_argument,
                fmt::format("descriptor.{}: expected a JSON object", field));
  return parsed;
}

/// `value`, or `fallback` for zero; refused above `limit`.
result<std::uint32_t> bounded(std::string_view field, std::uint32_t value, std::uint32_t fallback,
                              std::uint32_t limit) {
  if (value > limit)
    return fail(errc::invalid_argument,
                fmt::format("descriptor.{}: {}, at most {} is allowed", field, value, limit));
  return value == 0 ? fallback : value;
}

status check_numbers(const nip_descriptor& about) {
  if (about.execution > NIP_POOL)
    return fail(errc::invalid_argument,
                fmt::format("descriptor.execution: {}, expected NIP_INLINE (0) or NIP_POOL (1)",
                            about.execution));
  if (about.instances > NIP_SINGLE)
    return fail(
        errc::invalid_argument,
        fmt::format("descriptor.instances: {}, expected NIP_PER_SHARD (0) or NIP_SINGLE (1)",
                    about.instances));
  if (!std::isfinite(about.cost) || about.cost < 0)
    return fail(errc::invalid_argument, "descriptor.cost: expected a finite number of at least 0");
  if (about.version.size == 0 || about.version.size > name_bytes_max)
    return fail(errc::invalid_argument,
                fmt::format("descriptor.version: expected 1 to {} bytes like \"1.0.0\", got {}",
                            name_bytes_max, about.version.size));
  if (about.description.size > text_bytes_max)
    return fail(errc::too_large, fmt::format("descriptor.description: {} bytes, at most {}",
                                             about.description.size, text_bytes_max));
  return {};
}

}  // namespace

result<descriptor> describe(const nip_descriptor* about) {
  if (about == nullptr)
    return fail(errc::corrupt, "factory.describe returned null below its own count");
  constexpr auto needed = NIP_FIELD_END(nip_descriptor, cost);
  if (about->struct_size < needed)
    return fail(errc::corrupt,
                fmt::format("descriptor.struct_size is {}, ABI 4.0 needs {}; rebuild it "
                            "with nip/plugin.h and set it to sizeof(nip_descriptor)",
                            about->struct_size, needed));
  NIP_CHECK(check_name(text(about->name)));
  NIP_CHECK(check_numbers(*about));
  descriptor out;
  out.name = text(about->name);
  out.version = text(about->version);
  out.description = text(about->description);
  NIP_TRY(schema, parse_object("config_schema", about->config_schema));
  NIP_CHECK(check_schema(schema));
  out.config_schema = std::move(schema);
  NIP_TRY(manifest, parse_object("manifest", about->manifest));
  out.manifest = std::move(manifest);
  out.runs = about->execution == NIP_POOL ? execution::pool : execution::inline_;
  out.count = about->instances == NIP_SINGLE ? instances::single : instances::per_shard;
  out.idempotent = (about->flags & NIP_IDEMPOTENT) != 0;
  NIP_TRY(batch, bounded("batch_max", about->batch_max, out.batch_max, batch_max_limit));
  out.batch_max = batch;
  NIP_TRY(open,
          bounded("in_flight_max", about->in_flight_max, out.in_flight_max, in_flight_max_limit));
  out.in_flight_max = open;
  out.cost = about->cost;
  return out;
}

}  // namespace nip::plugin::native
