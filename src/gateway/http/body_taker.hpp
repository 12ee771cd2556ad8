// Who takes a request's body while it is still on its way.
#pragma once

#include <cstddef>
#include <string_view>

namespace nip::gateway::http {

class body_taker {
 public:
  virtual ~body_taker() = default;
  /// Takes `bytes` of the body, or the first of them when there is no room for more; says how many.
  /// They are followed by message::padding readable bytes.
  virtual std::size_t take(std::string_view bytes) = 0;
};

}  // namespace nip::gateway::http
