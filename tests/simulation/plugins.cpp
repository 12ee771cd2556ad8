#include "simulation/plugins.hpp"

#include <algorithm>
#include <iterator>

namespace nip::simulation {

player::~player() {
  std::erase_if(of_.kept_, [this](const auto& each) { return each.at == this; });
}

std::size_t player::in_flight_max() const { return of_.temper_.in_flight_max; }

plugin::health_report player::health() {
  if (of_.kind_ || of_.random_.below(10) > 0) return {};
  return {plugin::health_state::unhealthy, "out of sorts"};
}

void player::handle(std::span<const plugin::work> batch) {
  // Answers may lead to the next batch, which is put together in the same place.
  const std::vector<plugin::work> own(batch.begin(), batch.end());
  open_ += own.size();
  if (open_ > in_flight_max()) of_.model_.handed_too_much(name_);
  for (const auto& each : own) {
    of_.model_.handed(name_, each);
    const auto dice = of_.kind_ ? 0 : of_.random_.below(100);
    const auto& how = of_.temper_;
    if (dice < how.answers)
      end(each, plugin::handled::done);
    else if (dice < how.answers + how.fails)
      end(each, plugin::handled::transient);
    else if (dice < how.answers + how.fails + how.refuses)
      end(each, plugin::handled::permanent);
    else
      of_.kept_.push_back({this, each, std::string(each.rule)});
  }
}

void player::end(const plugin::work& what, plugin::handled how) {
  --open_;
  plugin::completion said;
  // In a chain the next step gets it, and has to know whose it is.
  const auto reply = fmt::format(R"({{"type":"answer","data":{{"mark":{},"well":true}}}})",
                                 mark_of(what.message->json()));
  said.token = what.token;
  said.status = how;
  if (how == plugin::handled::done) of_.model_.took_effect(name_, what);
  if (how != plugin::handled::done) said.error = "it did not go well";
  if (how == plugin::handled::done && what.wants_reply) said.reply = reply;
  to_.complete(*this, said);
}

void player::cancel(std::uint64_t token) {
  for (auto& each : of_.kept_)
    if (each.at == this && each.what.token == token && !each.given_up) {
      each.given_up = true;
      --open_;
    }
}

void player::stop(std::function<void()> stopped) {
  for (auto at = of_.kept_.begin(); at != of_.kept_.end();) {
    if (at->at != this) {
      ++at;
      continue;
    }
    const auto one = std::move(*at);
    at = of_.kept_.erase(at);
    if (one.given_up) ++open_;
    end(one.what, plugin::handled::transient);
  }
  stopped();
}

result<std::unique_ptr<plugin::instance>> playground::create(
    const plugin::spec_ptr& what, const plugin::instance_context& where) {
  if (!kind_ && random_.below(100) < temper_.fails_to_start)
    return fail(errc::unavailable, "it does not want to start");
  return std::make_unique<player>(*this, what->set.name, where.owner);
}

void playground::answer_one() {
  if (kept_.empty()) return;
  auto at = std::next(kept_.begin(), static_cast<long>(random_.below(kept_.size())));
  auto one = std::move(*at);
  kept_.erase(at);
  one.what.rule = one.rule;  // the message's plan may be gone by now
  if (one.given_up) ++one.at->open_;
  one.at->end(one.what, draw());
}

plugin::handled playground::draw() {
  if (kind_) return plugin::handled::done;
  const auto dice = random_.below(10);
  return dice < 7   ? plugin::handled::done
         : dice < 9 ? plugin::handled::transient
                    : plugin::handled::permanent;
}

}  // namespace nip::simulation
