// Reads typed fields out of a JSON object and remembers the first thing that is wrong.
#pragma once

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "message/levels.hpp"

namespace nip::router {

/// Used on the stack while one object is read. Absent keys leave their value as it is.
class field_reader {
 public:
  /// `place` leads every message; `object` outlives the reader.
  field_reader(std::string place, const nlohmann::json& object)
      : place_(std::move(place)), object_(object) {}

  const std::string& place() const { return place_; }
  /// Refuses every key that is not in `known`, naming the nearest.
  void only(std::span<const char* const> known);
  void text(const char* key, std::string& out);
  void flag(const char* key, bool& out);
  void duration(const char* key, nanoseconds& out);
  void duration(const char* key, std::optional<nanoseconds>& out);
  void level(const char* key, std::optional<message::ack_level>& out);

  template <class Number>
  void number(const char* key, Number& out, Number low, Number high) {
    std::int64_t value = out;
    if (integer(key, value, low, high)) out = static_cast<Number>(value);
  }
  /// An enumeration whose values are the positions in `names`.
  template <class Enum>
  void choice(const char* key, Enum& out, std::initializer_list<const char*> names) {
    if (const auto found = position(key, names)) out = static_cast<Enum>(*found);
  }

  status finish() const;
  status wrong_type(const char* key, std::string_view expected, const nlohmann::json& got) const;

 private:
  const nlohmann::json* find(const char* key) const;
  bool integer(const char* key, std::int64_t& out, std::int64_t low, std::int64_t high);
  std::optional<std::size_t> position(const char* key, std::initializer_list<const char*> names);
  void refuse(std::string detail);

  std::string place_;
  const nlohmann::json& object_;
  std::optional<error> first_;
};

}  // namespace nip::router
