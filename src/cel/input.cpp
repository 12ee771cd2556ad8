#include "cel/input.hpp"

namespace nip::cel {

void input::begin() noexcept {
  if (++epoch_ != 0) return;
  // After 2^32 messages old stamps would look new.
  slots_.clear();
  epoch_ = 1;
}

const value& input::miss(path_id id) noexcept {
  if (id >= slots_.size()) slots_.resize(table_.size());
  const value resolved = resolve(table_[id]);
  slots_[id] = {resolved, epoch_};
  return slots_[id].held;
}

bool input::put(path_id id, const value& known) noexcept {
  if (id >= slots_.size()) slots_.resize(table_.size());
  if (slots_[id].epoch == epoch_) return false;
  slots_[id] = {known, epoch_};
  return true;
}

}  // namespace nip::cel
