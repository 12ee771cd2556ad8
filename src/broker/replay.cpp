#include "broker/replay.hpp"

#include <algorithm>

#include "base/json_write.hpp"
#include "broker/again.hpp"
#include "broker/compose.hpp"

namespace nip::broker {
namespace {

/// Bounds of one piece: messages taken, their bytes, and messages looked at. Every piece looks for
/// its place in a segment anew, so it should not be small.
constexpr std::size_t piece_items_max = 4'096;
constexpr std::size_t piece_bytes_max = std::size_t{4} << 20;
constexpr std::size_t piece_looked_at_max = 20'000;

constexpr std::string_view topic_prefix = "topic:";

/// Looks at one piece of the journal.
class replay_errand final : public errand, private bus::visitor {
 public:
  replay_errand(const bus::bus& journal, replay_course course)
      : journal_(journal),
        course_(std::make_shared<const replay_course>(std::move(course))),
        as_(std::make_shared<const injection_heading>(course_->who, course_->plan)),
        filter_(course_->envelope, course_->who.tenant_name),
        next_(course_->range.begin()),
        begin_(next_),
        // What it sends comes behind this: a replay does not meet its own messages.
        end_(journal.durable()) {
    mark_tail_ = ",\"job\":" + broker::quoted(course_->job);
    if (!course_->target.empty()) mark_tail_ += ",\"target\":" + broker::quoted(course_->target);
    mark_tail_ += '}';
  }

  status prepare() { return filter_.use(course_->filter); }

  result<batch> read() override {
    piece_ = {};
    piece_.position = position_;
    page_ = std::make_shared<std::string>();
    page_->reserve(page_bytes_);
    full_ = false;
    if (next_ <= end_) NIP_CHECK(journal_.scan(next_, *this));
    page_bytes_ = page_->size();
    piece_.last = !full_ || next_ > end_;
    position_ = piece_.position;
    const auto whole = end_.value >= begin_.value ? end_.value - begin_.value + 1 : 1;
    piece_.progress = static_cast<double>(std::min(next_.value - begin_.value, whole)) /
                      static_cast<double>(whole);
    if (course_->limit != 0)
      piece_.progress = std::max(piece_.progress,
                                 static_cast<double>(taken_) / static_cast<double>(course_->limit));
    if (piece_.last) piece_.progress = 1;
    return std::move(piece_);
  }

 private:
  bool on_outcome(const bus::outcome_record&) override { return true; }
  bool on_message(const bus::message_record& record) override {
    if (record.seq > end_) return false;
    if (piece_.items.size() >= piece_items_max || page_->size() >= piece_bytes_max ||
        piece_.looked_at >= piece_looked_at_max) {
      full_ = true;
      return false;
    }
    next_ = record.seq.next();
    if (record.tenant != course_->who.tenant) return true;
    const auto where = course_->range.place(record.tenant_seq, record.accepted_at);
    if (where == placing::behind) return false;
    piece_.position = record.tenant_seq;
    ++piece_.looked_at;
    if (where == placing::before) return true;
    if (const auto* in = filter_.read(record.envelope); in && filter_.passes()) take(record, *in);
    return course_->limit == 0 || taken_ < course_->limit;
  }

  void take(const bus::message_record& record, const message::parsed& in) {
    mark_ = "{\"of\":";
    append_json_integer(mark_, record.tenant_seq.value);
    mark_ += mark_tail_;
    const auto at = page_->size();
    const auto text = writer_.write(*page_, in, again::replay, mark_);
    ++taken_;
    piece_.items.push_back({record.tenant_seq, text.size(), {}, {page_, at, text.size()}, as_});
  }

  const bus::bus& journal_;
  const std::shared_ptr<const replay_course> course_;
  const injection_heading_ptr as_;
  stored_filter filter_;
  seq_t next_;
  const seq_t begin_;
  const seq_t end_;
  tenant_seq_t position_;
  std::uint64_t taken_ = 0;
  batch piece_;
  std::shared_ptr<std::string> page_;  ///< texts of the piece
  std::size_t page_bytes_ = 0;         ///< of the last one
  again_writer writer_;
  std::string mark_;
  std::string mark_tail_;  ///< what all have in common
  bool full_ = false;
};

}  // namespace

router::plan_ptr direct_plan(generation_id generation, const std::string& target,
                             std::string_view rule) {
  if (target.starts_with(topic_prefix))
    return {new router::plan(generation, {}, {target.substr(topic_prefix.size())})};
  router::planned_delivery only;
  only.rule = rule;
  only.targets.push_back({.name = target});
  return {new router::plan(generation, {std::move(only)}, {})};
}

result<std::unique_ptr<errand>> make_replay(const bus::bus& journal, replay_course course) {
  auto made = std::make_unique<replay_errand>(journal, std::move(course));
  NIP_CHECK(made->prepare());
  return made;
}

}  // namespace nip::broker
