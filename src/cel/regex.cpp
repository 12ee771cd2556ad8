#include "cel/regex.hpp"

#include <re2/re2.h>

namespace nip::cel {

namespace {
re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }
}  // namespace

regex::regex(std::string_view pattern) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(regex_bytes_max);
  compiled_ = std::make_unique<RE2>(piece(pattern), options);
}

regex::~regex() = default;
regex::regex(regex&&) noexcept = default;
regex& regex::operator=(regex&&) noexcept = default;

bool regex::ok() const { return compiled_->ok(); }
std::string regex::fault() const { return compiled_->error(); }
bool regex::found_in(std::string_view text) const {
  return RE2::PartialMatch(piece(text), *compiled_);
}

}  // namespace nip::cel
