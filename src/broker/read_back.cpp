#include "broker/read_back.hpp"

#include <unordered_map>

namespace nip::broker {
namespace {

/// Farther apart than this a new scan is cheaper than to read what lies between.
constexpr std::uint64_t gap_max = 4096;

/// Picks the wanted messages out of a scan, until they lie too far apart.
class picker final : public bus::visitor {
 public:
  explicit picker(std::span<const seq_t> wanted) : left_(wanted) {}

  bool on_outcome(const bus::outcome_record&) override { return true; }
  bool on_message(const bus::message_record& record) override {
    while (!left_.empty() && left_.front() < record.seq) left_ = left_.subspan(1);
    if (left_.empty()) return false;
    if (left_.front() != record.seq) return left_.front().value - record.seq.value <= gap_max;
    left_ = left_.subspan(1);
    if (auto plan = plan_of(record))
      found_.push_back({record.seq, record.tenant_seq, record.tenant, record.accepted_at,
                        (record.flags & bus::wants_reply) != 0, std::move(plan),
                        std::string(record.envelope)});
    return !left_.empty();
  }

  std::span<const seq_t> left() const { return left_; }
  void skip() { left_ = left_.subspan(1); }
  std::vector<stored_work> take() { return std::move(found_); }

 private:
  router::plan_ptr plan_of(const bus::message_record& record) {
    const auto [at, fresh] = plans_.try_emplace(record.plan_key);
    if (fresh)
      if (auto made = router::plan::restore(record.generation, record.plan))
        at->second = std::move(*made);
    return at->second;
  }

  std::span<const seq_t> left_;
  std::vector<stored_work> found_;
  std::unordered_map<std::uint64_t, router::plan_ptr> plans_;
};

}  // namespace

result<std::vector<stored_work>> read_back(const bus::bus& from, std::span<const seq_t> wanted) {
  picker pick(wanted);
  while (!pick.left().empty()) {
    const auto before = pick.left().size();
    NIP_CHECK(from.scan(pick.left().front(), pick));
    // A scan that came to the journal's end without a step forward: the message is not there.
    if (pick.left().size() == before) pick.skip();
  }
  return pick.take();
}

}  // namespace nip::broker
