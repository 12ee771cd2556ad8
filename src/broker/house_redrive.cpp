// The operation that sends dead letters again: at once, as a job, or only said.
#include <fmt/format.h>

#include <atomic>
#include <map>
#include <mutex>

#include "broker/house.hpp"
#include "broker/letter_search.hpp"
#include "broker/redrive.hpp"
#include "broker/replay.hpp"

namespace nip::broker {
namespace {

/// Letters that go at once; more of them go as a job.
constexpr std::size_t redrives_at_once_max = 1'000;
/// Messages a second of a job that named no rate.
constexpr double redrive_rate_default = 1'000;
/// Refusals that are shown with their reason.
constexpr std::size_t skips_shown_max = 100;

/// Counts what becomes of letters that were sent at once; the last one answers.
class redrive_tally {
 public:
  redrive_tally(std::size_t open, std::function<void(nlohmann::json)> answer)
      : open_(open), answer_(std::move(answer)) {}

  void take(const dead_letter& of, const result<injected>& said) {
    const std::scoped_lock held(lock_);
    if (said) {
      ++redriven_;
      if (said->seq != of.tenant_seq && said->seq.value != 0)
        became_.push_back({{"seq", of.tenant_seq.value},
                           {"redriven_as", said->id},
                           {"new_seq", said->seq.value}});
    } else {
      ++skipped_;
      if (skips_.size() < skips_shown_max)
        skips_.push_back({{"seq", of.tenant_seq.value},
                          {"reason", to_string(said.error().code)},
                          {"why", said.error().detail}});
    }
    if (--open_ == 0) finish();
  }
  void finish() {
    nlohmann::json out = {
        {"redriven", redriven_}, {"skipped_count", skipped_}, {"skipped", std::move(skips_)}};
    if (!became_.empty()) out["items"] = std::move(became_);
    answer_(std::move(out));
  }

 private:
  std::mutex lock_;
  std::size_t open_;
  std::uint64_t redriven_ = 0;
  std::uint64_t skipped_ = 0;
  nlohmann::json skips_ = nlohmann::json::array();
  nlohmann::json became_ = nlohmann::json::array();
  std::function<void(nlohmann::json)> answer_;
};

/// What would happen, letter by letter.
nlohmann::json foretell(const std::vector<dead_letter>& letters, const redrive_course& course) {
  std::map<std::string, std::uint64_t> targets;
  std::uint64_t would = 0;
  std::uint64_t refused = 0;
  auto skips = nlohmann::json::array();
  for (const auto& each : letters) {
    if (const auto allowed = may_redrive(each, course); !allowed) {
      ++refused;
      if (skips.size() < skips_shown_max)
        skips.push_back({{"seq", each.tenant_seq.value}, {"why", allowed.error().detail}});
      continue;
    }
    ++would;
    const bool anew = !course.patch.is_null() || each.target.empty();
    ++targets[!course.redirect.empty() ? course.redirect : anew ? "(by the rules)" : each.target];
  }
  return {{"dry_run", true},          {"redriven", 0},
          {"would_redrive", would},   {"targets", targets},
          {"skipped_count", refused}, {"skipped", std::move(skips)}};
}

}  // namespace

void house::redrive(unsigned shard, const message::principal& who, redrive_wish what,
                    respond done) {
  if (!what.dry_run) {
    auto asked = describe(what.which);
    if (!what.redirect.empty()) asked["redirect"] = what.redirect;
    if (!what.message.is_null()) asked["edited"] = true;
    if (what.force) asked["force"] = true;
    done = recorded(shard, who, "dead_letter.redrive", asked.dump(), std::move(done));
  }
  // Control knows the plugins, the reader the letters; a job is control's again.
  parts_.control.post([this, shard, who, what = std::move(what), done = std::move(done)]() mutable {
    if (auto known = check_target(what.redirect); !known)
      return answer(shard, done, std::unexpected(std::move(known.error())));
    auto course = std::make_shared<redrive_course>();
    course->who = who;
    course->patch = what.message;
    course->redirect = what.redirect;
    if (!what.redirect.empty())
      course->plan = direct_plan(current().id, what.redirect, "nip:redrive");
    course->redrives_max = shared_.chosen.redrives_max;
    course->force = what.force;
    course->envelope = shared_.chosen.envelope;
    parts_.reader.post([this, shard, what = std::move(what), course = std::move(course),
                        done = std::move(done)]() mutable {
      auto letters = chosen(course->who, what.which);
      if (!letters) return answer(shard, done, std::unexpected(std::move(letters.error())));
      if (what.dry_run) return answer(shard, done, foretell(*letters, *course));
      if (what.rate || letters->size() > redrives_at_once_max)
        return redrive_as_job(shard, what, std::move(*letters), std::move(course), std::move(done));
      redrive_at_once(shard, std::move(*letters), std::move(course), std::move(done));
    });
  });
}

/// [reader]
void house::redrive_as_job(unsigned shard, const redrive_wish& what,
                           std::vector<dead_letter> letters,
                           std::shared_ptr<const redrive_course> course, respond done) {
  const auto rate = what.rate.value_or(redrive_rate_default);
  on_control(shard, std::move(done),
             [this, shard, rate, letters = std::move(letters),
              course = std::move(course)]() mutable -> result<json> {
               NIP_CHECK(jobs_.room());
               json asked = {{"letters", letters.size()}, {"rate", rate}};
               if (!course->redirect.empty()) asked["redirect"] = course->redirect;
               const auto tenant = course->who.tenant;
               return begin_job(
                   shard, {jobs_.next_id(parts_.clock.wall()), "redrive", tenant, asked, rate},
                   make_redrive(std::move(letters), std::move(course),
                                {shared_.dead, parts_.events, shared_.letter_counts}));
             });
}

/// [reader]
void house::redrive_at_once(unsigned shard, std::vector<dead_letter> letters,
                            std::shared_ptr<const redrive_course> course, respond done) {
  auto tally = std::make_shared<redrive_tally>(
      letters.size(), [this, shard, done = std::move(done)](json said) mutable {
        answer(shard, done, std::move(said));
      });
  if (letters.empty()) return tally->finish();
  for (const auto& each : letters) {
    const auto then = [this, tally, each](const result<injected>& said) {
      if (!said) shared_.letter_counts.redrives_refused.fetch_add(1);
      tally->take(each, said);
    };
    if (auto allowed = may_redrive(each, *course); !allowed) {
      then(std::unexpected(std::move(allowed.error())));
      continue;
    }
    auto item = redrive_item(each, course, {shared_.dead, parts_.events, shared_.letter_counts});
    if (!item) {
      then(std::unexpected(std::move(item.error())));
      continue;
    }
    const auto number = static_cast<std::size_t>(each.seq.value % shards_.size());
    loops_[number]->post(
        [by = shards_[number].get(), send = std::move(item->send), then] { send(*by, then); });
  }
}

}  // namespace nip::broker
