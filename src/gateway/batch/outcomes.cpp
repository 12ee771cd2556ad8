#include "gateway/batch/outcomes.hpp"

#include "gateway/text.hpp"

namespace nip::gateway::batch {

std::uint64_t outcomes::open(std::size_t bytes) {
  sizes_.push_back(bytes);
  waiting_bytes_ += bytes;
  return opened_++;
}

void outcomes::settle(std::uint64_t entry, std::string_view json, bool refused) {
  if (entry < told_ || entry >= opened_) return;
  if (entry != told_) {
    early_.try_emplace(entry, json, refused);
    return;
  }
  tell(json, refused);
  while (!early_.empty() && early_.begin()->first == told_) {
    const auto next = early_.extract(early_.begin());
    tell(next.mapped().first, next.mapped().second);
  }
}

void outcomes::tell(std::string_view json, bool refused) {
  told_text_ += json;
  told_text_ += ',';
  ++told_;
  refused_ += refused ? 1 : 0;
  waiting_bytes_ -= sizes_.front();
  sizes_.pop_front();
}

std::string outcomes::text() const {
  std::string made = R"({"accepted":)";
  append_decimal(made, told_ - refused_);
  made += R"(,"refused":)";
  append_decimal(made, refused_);
  if (stopped_at_) {
    made += R"(,"stopped_at":)";
    append_decimal(made, *stopped_at_);
  }
  made += R"(,"items":[)";
  made += told_text_;
  made.back() = ']';
  made += '}';
  return made;
}

}  // namespace nip::gateway::batch
