#include "router/expressions.hpp"

#include <fmt/format.h>

namespace nip::router {

result<expressions::handle> expressions::add(std::string_view text) {
  if (const auto known = by_text_.find(std::string(text)); known != by_text_.end())
    return known->second;
  if (programs_.size() == expressions_max)
    return fail(
        errc::exhausted,
        fmt::format("this shard already holds {} different expressions; use fewer different "
                    "filters or order keys",
                    expressions_max));
  NIP_TRY(made, cel::compile(text, message_environment(), paths_));
  const auto number = static_cast<std::uint32_t>(programs_.size());
  programs_.push_back(std::move(made));
  results_.emplace_back();
  by_text_.emplace(text, number);
  return number;
}

void expressions::bind(const message::parsed& what, const message_input::filled& filled) {
  memory_.reset();
  input_.bind(what, filled);
  ++message_;
}

const cel::value& expressions::value(handle which) {
  auto& slot = results_[which];
  if (slot.message != message_) {
    slot.held = programs_[which].evaluate(input_, memory_);
    slot.message = message_;
    ++evaluations_;
  }
  return slot.held;
}

}  // namespace nip::router
