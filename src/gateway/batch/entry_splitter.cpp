#include "gateway/batch/entry_splitter.hpp"

#include "gateway/text.hpp"
#include "message/message.hpp"

namespace nip::gateway::batch {

piece entry_splitter::next(std::string_view& rest) {
  if (spent_) kept_.clear();
  spent_ = false;
  return form_ == form::lines ? next_line(rest) : next_element(rest);
}

piece entry_splitter::next_line(std::string_view& rest) {
  while (!rest.empty()) {
    if (!inside_) begin_ = seen_;
    inside_ = true;
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) {
      keep(take(rest, rest.size()));
      break;
    }
    const std::string_view last = take(rest, end + 1).substr(0, end);
    const piece found = complete(last);
    if (found.what != piece::kind::hungry) return found;
  }
  return {};
}

piece entry_splitter::next_element(std::string_view& rest) {
  for (;;) {
    const auto found = scanner_.scan(rest);
    const std::string_view part = take(rest, found.size);
    switch (found.what) {
      case array_scanner::event::begin:
        begin_ = seen_;
        inside_ = true;
        break;
      case array_scanner::event::end:
        return complete(part);
      case array_scanner::event::hungry:
        if (inside_) keep(part);
        return {};
      case array_scanner::event::over:
        break;
      case array_scanner::event::fault:
        return fault(scanner_.why());
    }
  }
}

piece entry_splitter::finish() {
  if (form_ == form::array) return scanner_.is_over() ? piece{} : fault(scanner_.why());
  if (!inside_) return {};
  if (spent_) kept_.clear();
  spent_ = false;
  return complete({});
}

std::string_view entry_splitter::take(std::string_view& rest, std::size_t size) {
  const std::string_view taken = rest.substr(0, size);
  rest.remove_prefix(size);
  seen_ += size;
  return taken;
}

void entry_splitter::keep(std::string_view part) {
  over_bound_ = over_bound_ || kept_.size() + part.size() > entry_bytes_max_;
  if (over_bound_) {
    std::string().swap(kept_);
  } else {
    kept_ += part;
  }
}

piece entry_splitter::complete(std::string_view last) {
  inside_ = false;
  if (!kept_.empty() || over_bound_) keep(last);
  const bool too_large = over_bound_ || last.size() > entry_bytes_max_;
  over_bound_ = false;
  if (too_large) return {piece::kind::too_large, {}, begin_};
  std::string_view text = last;
  if (!kept_.empty()) {
    kept_.reserve(kept_.size() + message::message::padding);
    text = kept_;
    spent_ = true;
  }
  if (form_ == form::lines) {
    if (text.ends_with('\r')) text.remove_suffix(1);
    if (trim(text).empty()) {
      kept_.clear();
      spent_ = false;
      return {};
    }
  }
  return {piece::kind::entry, text, begin_};
}

}  // namespace nip::gateway::batch
