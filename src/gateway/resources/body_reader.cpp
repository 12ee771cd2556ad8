#include "gateway/resources/body_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/nearest.hpp"

namespace nip::gateway::resources {
namespace {

constexpr std::size_t shown_bytes_max = 60;  ///< of a value in an error

std::string excerpt(const nlohmann::json& value) {
  auto text = value.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  if (text.size() <= shown_bytes_max) return text;
  text.resize(shown_bytes_max);
  return text + "...";
}

}  // namespace

body_reader::body_reader(const nlohmann::json& body) : body_(body) {
  if (!body.is_object())
    fault_ = fail(errc::invalid_argument,
                  fmt::format("body: expected an object, got {}", body.type_name()));
}

bool body_reader::has(std::string_view key) const {
  return body_.is_object() && body_.contains(key) && !body_.find(key)->is_null();
}

const nlohmann::json* body_reader::find(std::string_view key) {
  known_.push_back(key);
  if (!fault_ || !has(key)) return nullptr;
  return &*body_.find(key);
}

void body_reader::wrong(std::string_view key, std::string_view expected) {
  fault_ = fail(errc::invalid_argument, fmt::format("body: key \"{}\": expected {}, got {}", key,
                                                    expected, excerpt(*body_.find(key))));
}

void body_reader::take(std::string_view key, std::string& into) {
  const auto* value = find(key);
  if (!value) return;
  if (!value->is_string()) return wrong(key, "a string");
  into = value->get<std::string>();
}

void body_reader::take_bound(std::string_view key, std::string& into) {
  const auto* value = find(key);
  if (!value) return;
  if (value->is_number_unsigned())
    into = std::to_string(value->get<std::uint64_t>());
  else if (value->is_string())
    into = value->get<std::string>();
  else
    wrong(key, "a seq or an RFC 3339 time");
}

void body_reader::take(std::string_view key, bool& into) {
  const auto* value = find(key);
  if (!value) return;
  if (!value->is_boolean()) return wrong(key, "true or false");
  into = value->get<bool>();
}

void body_reader::take(std::string_view key, std::uint64_t& into) {
  const auto* value = find(key);
  if (!value) return;
  if (!value->is_number_unsigned()) return wrong(key, "a whole number from 0");
  into = value->get<std::uint64_t>();
}

void body_reader::take(std::string_view key, double& into, double least, double most) {
  const auto* value = find(key);
  if (!value) return;
  if (!value->is_number() || value->get<double>() < least || value->get<double>() > most)
    return wrong(key, fmt::format("a number from {} to {}", least, most));
  into = value->get<double>();
}

void body_reader::take_array(std::string_view key, nlohmann::json& into) {
  const auto* value = find(key);
  if (!value) return;
  if (!value->is_array()) return wrong(key, "an array");
  into = *value;
}

void body_reader::take_object(std::string_view key, nlohmann::json& into) {
  const auto* value = find(key);
  if (!value) return;
  if (!value->is_object()) return wrong(key, "an object");
  into = *value;
}

void body_reader::take_seqs(std::string_view key, std::vector<std::uint64_t>& into,
                            std::size_t most) {
  const auto* value = find(key);
  if (!value) return;
  const auto is_seq = [](const auto& each) {
    return each.is_number_unsigned() && each.template get<std::uint64_t>() > 0;
  };
  if (!value->is_array() || value->empty() || value->size() > most ||
      !std::ranges::all_of(*value, is_seq))
    return wrong(key, fmt::format("an array of 1 to {} sequence numbers", most));
  into = value->get<std::vector<std::uint64_t>>();
}

status body_reader::finish() {
  if (!fault_) return std::move(fault_);
  for (const auto& [key, value] : body_.items())
    if (std::ranges::find(known_, key) == known_.end())
      return fail(errc::invalid_argument,
                  fmt::format("body: unknown key \"{}\"{}", key, did_you_mean(key, known_)));
  return {};
}

}  // namespace nip::gateway::resources
