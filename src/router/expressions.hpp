// A shard's own CEL programs over messages: order keys and filters of subscriptions, each text
// once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "cel/arena.hpp"
#include "cel/path.hpp"
#include "cel/program.hpp"
#include "router/message_input.hpp"

namespace nip::router {

/// One thread. Grows to `expressions_max` distinct texts and then refuses.
class expressions {
 public:
  using handle = std::uint32_t;
  static constexpr std::size_t expressions_max = 100'000;

  /// The handle of this text's program. Fails as cel::compile does, and with errc::exhausted.
  result<handle> add(std::string_view text);
  /// Runs from now on against this message; `what` and all views must stay good meanwhile.
  void bind(const message::parsed& what, const message_input::filled& filled);
  /// Evaluated at most once a message, however often it is asked for.
  const cel::value& value(handle which);
  /// Evaluations so far, ever.
  std::uint64_t evaluations() const { return evaluations_; }
  /// Distinct texts.
  std::size_t size() const { return programs_.size(); }
  const cel::program& program(handle which) const { return programs_[which]; }

 private:
  struct result_slot {
    std::uint64_t message = 0;
    cel::value held;
  };
  cel::path_table paths_;
  message_input input_{paths_, paths_.variable("message")};
  cel::arena memory_;
  std::unordered_map<std::string, handle> by_text_;
  std::vector<cel::program> programs_;
  std::vector<result_slot> results_;
  std::uint64_t message_ = 0;
  std::uint64_t evaluations_ = 0;
};

}  // namespace nip::router
