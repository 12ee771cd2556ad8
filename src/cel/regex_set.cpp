#include "cel/regex_set.hpp"

#include <re2/re2.h>
#include <re2/set.h>

namespace nip::cel {
namespace {

RE2::Options options_of(std::int64_t bytes_max) {
  RE2::Options out;
  out.set_log_errors(false);
  out.set_max_mem(bytes_max);
  return out;
}

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

struct regex_set::compiled {
  RE2::Set set;
  bool finished = false;
};

regex_set::regex_set(std::int64_t bytes_max)
    : held_(new compiled{.set = {options_of(bytes_max), RE2::UNANCHORED}}) {}
regex_set::~regex_set() = default;
regex_set::regex_set(regex_set&&) noexcept = default;
regex_set& regex_set::operator=(regex_set&&) noexcept = default;

bool regex_set::add(std::string_view pattern) {
  return held_->set.Add(piece(pattern), nullptr) >= 0;
}

bool regex_set::finish() {
  held_->finished = held_->set.Compile();
  return held_->finished;
}

bool regex_set::search(std::string_view text, std::vector<int>& found) const {
  if (!held_->finished) return false;
  RE2::Set::ErrorInfo why{};
  if (held_->set.Match(piece(text), &found, &why)) return true;
  found.clear();
  return why.kind == RE2::Set::kNoError;
}

}  // namespace nip::cel
