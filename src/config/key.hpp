// One key of nip.yaml: the single description from which it is read, printed and documented.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "config/values.hpp"

namespace nip::config {

/// A key whose value goes into a Target (configuration, or one plugin's settings).
template <class Target>
struct key {
  std::string path;                        ///< dotted, from the root of the Target's map
  std::string doc;                         ///< one sentence, with the unit and the meaning of zero
  std::function<nlohmann::json()> schema;  ///< JSON Schema of the value
  std::function<status(const node&, Target&)> read;
  std::function<nlohmann::json(const Target&)> write;  ///< null: not set, so not printed
};

/// Describes the member that `access` reaches: a generic lambda that takes a Target, const or not,
/// by reference and returns a reference to the member. The codec's value is converted to its type.
template <class Target, class Codec, class Access>
key<Target> make_key(std::string_view path, Codec codec, Access access, std::string_view doc) {
  using value_type = typename Codec::value_type;
  key<Target> made;
  made.path = path;
  made.doc = doc;
  made.schema = [codec] { return codec.schema(); };
  made.read = [codec, access](const node& from, Target& into) -> status {
    auto& slot = access(into);
    value_type value{};
    NIP_CHECK(codec.read(from, value));
    slot = static_cast<std::remove_cvref_t<decltype(slot)>>(std::move(value));
    return {};
  };
  made.write = [codec, access](const Target& from) {
    return codec.write(static_cast<value_type>(access(from)));
  };
  return made;
}

}  // namespace nip::config
