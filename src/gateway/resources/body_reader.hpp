// Reads the members of a JSON body one by one, and says which were not expected.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace nip::gateway::resources {

/// One body, one handler. The first fault stays; what comes after it changes nothing.
class body_reader {
 public:
  explicit body_reader(const nlohmann::json& body);

  // Absent or null leaves `into` as it is.
  void take(std::string_view key, std::string& into);
  /// Also a whole number, as text: a seq where a time may stand as well.
  void take_bound(std::string_view key, std::string& into);
  void take(std::string_view key, bool& into);
  void take(std::string_view key, std::uint64_t& into);
  /// A number of `least` to `most`.
  void take(std::string_view key, double& into, double least, double most);
  void take_array(std::string_view key, nlohmann::json& into);
  void take_object(std::string_view key, nlohmann::json& into);
  /// Numbers from 1, at least one, at most `most`.
  void take_seqs(std::string_view key, std::vector<std::uint64_t>& into, std::size_t most);
  bool has(std::string_view key) const;

  /// errc::invalid_argument with the first fault: no object, a wrong type, or a key that nobody
  /// took, with the nearest known one.
  status finish();

 private:
  const nlohmann::json* find(std::string_view key);
  void wrong(std::string_view key, std::string_view expected);

  const nlohmann::json& body_;
  std::vector<std::string_view> known_;
  status fault_;
};

}  // namespace nip::gateway::resources
