// A message as CEL sees it: the variable `message` with its fields.
#pragma once

#include <string_view>

#include "cel/environment.hpp"
#include "cel/input.hpp"
#include "message/codec.hpp"

namespace nip::router {

/// What rules, filters and order keys may mention:
/// message.{id,type,source,timestamp,correlation_id, tenant} are strings, message.{data,metadata}
/// whatever the message holds. An absent one is a missing key: has() is false and using it is an
/// error, which keeps a rule from firing.
const cel::environment& message_environment();

/// Bound to one parsed message at a time; it and its views must stay good while programs run.
class message_input final : public cel::input {
 public:
  /// `root` is the path of the variable `message` in `table`.
  message_input(const cel::path_table& table, cel::path_id root) : input(table), root_(root) {}

  /// What acceptance fills in or knows besides the envelope.
  struct filled {
    std::string_view id;
    std::string_view timestamp;
    std::string_view tenant;
  };
  void bind(const message::parsed& what, const filled& in) {
    what_ = &what;
    filled_ = in;
    begin();
  }

 protected:
  cel::value resolve(const cel::path& wanted) noexcept override;

 private:
  cel::value field(std::string_view name, std::string_view path) const noexcept;

  const message::parsed* what_ = nullptr;
  filled filled_;
  cel::path_id root_;
};

}  // namespace nip::router
