#include "broker/house.hpp"

#include "broker/house_feeds.hpp"

#include <fmt/format.h>

namespace nip::broker {

house::house(const options& chosen, const house_parts& parts)
    : shared_(chosen, parts.events, parts.plugins, parts.log),
      parts_(parts),
      generations_(parts.files, parts.catalogue, parts.kept, parts.clock),
      audit_(parts.clock, parts.log, [this](std::string entry, audit_trail::on_kept then) {
        // Any shard can journal it; the first one does, so that they stay in order.
        loops_[0]->post(
            [one = shards_[0].get(), entry = std::move(entry), then = std::move(then)]() mutable {
              one->keep_audit(std::move(entry), std::move(then));
            });
      }) {
  shared_.reader = &parts_.reader;
  feed_line_ = std::make_unique<feed_line>(*this);
  feeds_ = std::make_unique<feeds>(feeds::parts{parts_.events, parts_.clock, parts_.feeder,
                                                shared_.chosen, *feed_line_, parts_.log});
  shared_.feeding = feeds_.get();
}

house::~house() = default;

status house::open(const std::vector<shard_surroundings>& loops) {
  NIP_TRY(first, generations_.load());
  generation_number_.store(first->id.value);
  show_rules(first->rules);
  for (std::size_t i = 0; i < loops.size(); ++i)
    shared_.peers.push_back(std::make_unique<shared::peer>());
  for (const auto& where : loops) {
    shards_.push_back(std::make_unique<shard>(where, shared_, first));
    loops_.push_back(&where.loop);
    timers_.push_back(&where.timers);
    auto& peer = *shared_.peers[where.number];
    peer.which = shards_.back().get();
    peer.loop = &where.loop;
    // The empty post only turns the loop: end_turn() looks at what became durable.
    parts_.events.on_durable(where.number, [loop = &where.loop] { loop->post([] {}); });
  }
  return {};
}

void house::answer(unsigned shard, respond& done, result<json> outcome) {
  loops_[shard]->post([done = std::move(done), outcome = std::move(outcome)]() mutable {
    done(std::move(outcome));
  });
}

void house::on_control(unsigned shard, respond done, std::function<result<json>()> work) {
  parts_.control.post([this, shard, done = std::move(done), work = std::move(work)]() mutable {
    answer(shard, done, work());
  });
}

void house::on_reader(unsigned shard, respond done, std::function<result<json>()> work) {
  parts_.reader.post([this, shard, done = std::move(done), work = std::move(work)]() mutable {
    answer(shard, done, work());
  });
}

respond house::recorded(unsigned shard, const message::principal& who, std::string_view what,
                        std::string object, respond done) {
  return [this, shard, name = who.name, what, object = std::move(object),
          done = std::move(done)](result<json> said) mutable {
    const auto outcome = std::make_shared<result<json>>(std::move(said));
    audit_.record(name, what, object, *outcome ? nullptr : &outcome->error(),
                  [this, shard, outcome, done = std::move(done)](bool synced) mutable {
                    if (!synced && *outcome && (*outcome)->is_object())
                      (**outcome)["audit"] =
                          "not synced yet: the journal has no room; the entry is tried again";
                    answer(shard, done, std::move(*outcome));
                  });
  };
}

void house::list_audit(unsigned /*shard*/, page which, respond done) { done(audit_.list(which)); }

void house::ask_shards(std::function<json(shard&)> question,
                       std::function<void(std::vector<json>)> then) {
  struct survey {
    std::atomic<std::size_t> open;
    std::vector<json> answers;
  };
  auto all = std::make_shared<survey>();
  all->open = shards_.size();
  all->answers.resize(shards_.size());
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    loops_[i]->post([this, i, all, question, then] {
      all->answers[i] = question(*shards_[i]);
      if (--all->open > 0) return;
      parts_.control.post([all, then] { then(std::move(all->answers)); });
    });
  }
}

void house::install(generation_ptr next, std::function<void()> then) {
  show_rules(next->rules);
  auto open = std::make_shared<std::atomic<std::size_t>>(shards_.size());
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    loops_[i]->post([this, i, next, open, then] {
      shards_[i]->use(next);
      generation_number_.store(next->id.value);
      if (--*open == 0) parts_.control.post(then);
    });
  }
}

void house::finish_change(unsigned shard, respond done, result<generation_ptr> made, json body) {
  if (!made) return answer(shard, done, std::unexpected(std::move(made.error())));
  body["generation"] = (*made)->id.value;
  if (!generations_.warnings().empty()) body["warnings"] = generations_.warnings();
  install(*made, [this, shard, done = std::move(done), body = std::move(body)]() mutable {
    answer(shard, done, std::move(body));
  });
}

void house::on_folders_changed() {
  const auto made = generations_.rescan();
  if (!made || *made)
    audit_.record(audit_trail::by_folder, "plugins.change", "", made ? nullptr : &made.error());
  for (const auto& each : generations_.plugin_problems())
    parts_.log.warning("plugin file {} cannot be used: {}", each.file.string(), each.reason);
  if (!made) {
    parts_.log.error(
        "the plugin folders changed, but the new set is refused and the old one stays: {}",
        made.error().detail);
    return;
  }
  if (!*made) return;
  install(*made, [this, id = (*made)->id] {
    parts_.log.info("the plugin folders changed: generation {} is in force", id.value);
  });
}

void house::reload() {
  const auto made = generations_.load();
  audit_.record(audit_trail::by_signal, "config.reload", "", made ? nullptr : &made.error());
  if (!made) {
    parts_.log.error("reload refused, generation {} stays in force: {}", current().id.value,
                     made.error().detail);
    return;
  }
  install(*made, [this, id = (*made)->id] {
    parts_.log.info("reloaded: generation {} is in force", id.value);
  });
}

status house::ready() const {
  if (!ready_.load()) return fail(errc::unavailable, "nipd is starting or draining");
  return {};
}

}  // namespace nip::broker
