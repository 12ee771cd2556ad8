#include "message/json_parser.hpp"

#include <fmt/format.h>

#include <bit>
#include <new>

#include "message/json_fault.hpp"

namespace nip::message {
namespace {

/// What a parser has room for after its first text.
constexpr std::size_t first_capacity = 4096;

}  // namespace

simdjson::error_code json_parser::reserve(std::size_t size) {
  if (parser_.capacity() >= size) return simdjson::SUCCESS;
  // simdjson counts a container only when there is something in it, and refuses the level at its
  // limit.
  return code_ = parser_.allocate(std::bit_ceil(std::max(size, first_capacity)), depth_max_ + 1);
}

std::unexpected<error> json_parser::explain(std::string_view text) const {
  const auto refuse = [&](errc code, std::string_view what) {
    return fail(code, fmt::format("{}: {}", subject_, what));
  };
  if (text.size() > bytes_max_)
    return refuse(errc::too_large,
                  fmt::format("{} bytes, over the limit of {}", text.size(), bytes_max_));
  // Nothing is wrong with the text: who takes it for damaged would drop what it holds.
  if (code_ == simdjson::MEMALLOC) throw std::bad_alloc();
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos)
    return refuse(errc::parse,
                  R"(the body is empty; expected a JSON object such as {"type":"order.created"})");
  const auto fault = find_json_fault(text, depth_max_);
  if (!fault) return refuse(errc::parse, simdjson::error_message(code_));
  return refuse(fault->too_deep ? errc::invalid_argument : errc::parse,
                fmt::format("byte {}: {}", fault->at, fault->what));
}

}  // namespace nip::message
