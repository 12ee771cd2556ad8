// What a process finds around it that no crash touches: its files, its plugins, its state store.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/executor.hpp"
#include "broker/reloader.hpp"
#include "plugin/catalogue.hpp"
#include "state/state_store.hpp"

namespace nip::simulation {

/// What is posted waits until the run draws it.
class task_list final : public executor {
 public:
  void post(std::function<void()> work) override { waiting_.push_back(std::move(work)); }
  bool empty() const { return waiting_.empty(); }
  std::size_t size() const { return waiting_.size(); }
  void run_one() {
    const auto work = std::move(waiting_.front());
    waiting_.pop_front();
    work();
  }

 private:
  std::deque<std::function<void()>> waiting_;
};

class rule_files final : public broker::reloader {
 public:
  result<broker::definitions> load() override { return says; }
  nlohmann::json describe() const override { return nlohmann::json::object(); }
  broker::definitions says;
};

class plugin_folder final : public plugin::catalogue {
 public:
  explicit plugin_folder(std::vector<std::string> names) : names_(std::move(names)) {}
  void scan() override {}
  std::vector<plugin::problem> problems() const override { return {}; }
  result<plugin::spec_map> resolve(const std::vector<plugin::settings>& configured,
                                   const plugin::spec_map& previous) override {
    plugin::spec_map out;
    for (const auto& name : names_) {
      auto made = std::make_shared<plugin::spec>();
      made->set.name = made->about.name = name;
      for (const auto& each : configured)
        if (each.name == name) made->set = each;
      const auto old = previous.find(name);
      const bool same = old != previous.end() && old->second->set.enabled == made->set.enabled;
      out[name] = same ? old->second : made;
    }
    return out;
  }
  status reload(std::string_view) override { return {}; }

 private:
  std::vector<std::string> names_;
};

/// Durable at once, as the real one is.
class kept_state final : public state::state_store {
 public:
  result<std::optional<state::entry>> get(std::string_view space, std::string_view key) override {
    const auto found = entries_.find({std::string(space), std::string(key)});
    if (found == entries_.end()) return std::nullopt;
    return found->second;
  }
  result<std::uint64_t> put(std::string_view space, std::string_view key,
                            std::string_view value) override {
    entries_[{std::string(space), std::string(key)}] = {std::string(key), std::string(value),
                                                        ++version_};
    return version_;
  }
  result<std::uint64_t> put_if(std::string_view space, std::string_view key, std::string_view value,
                               std::uint64_t) override {
    return put(space, key, value);
  }
  result<bool> remove(std::string_view space, std::string_view key) override {
    return entries_.erase({std::string(space), std::string(key)}) > 0;
  }
  status apply(std::span<const state::change> changes) override {
    for (const auto& each : changes) {
      if (!each.value)
        (void)remove(each.space, each.key);
      else
        (void)put(each.space, each.key, *each.value);
    }
    return {};
  }
  result<state::listing> list(std::string_view space, std::string_view, std::string_view,
                              std::size_t) override {
    state::listing out;
    for (const auto& [key, entry] : entries_)
      if (key.first == space) out.entries.push_back(entry);
    return out;
  }

 private:
  std::map<std::pair<std::string, std::string>, state::entry> entries_;
  std::uint64_t version_ = 0;
};

}  // namespace nip::simulation
