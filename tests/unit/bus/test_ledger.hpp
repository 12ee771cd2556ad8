// A ledger that remembers everything about messages that are not finished.
#pragma once

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "bus/bus.hpp"

namespace nip::bus {

/// A message is finished when its first delivery is done or purged.
class test_ledger final : public ledger {
 public:
  bool on_message(const message_record& m) override {
    open[m.seq.value] = {
        fmt::format("{}:{} {} [{}]", m.tenant.value, m.tenant_seq.value, m.envelope, m.plan)};
    ++records;
    return false;  // must not matter
  }
  bool on_outcome(const outcome_record& o) override {
    ++records;
    const auto found = open.find(o.seq.value);
    if (found == open.end()) return false;
    found->second.push_back(fmt::format("{}.{} {}", o.delivery, static_cast<int>(o.kind), o.text));
    if (o.kind == outcome_kind::done || o.kind == outcome_kind::purged) open.erase(found);
    return false;
  }
  bool on_note(const note& n) override {
    ++records;
    cursors[fmt::format("{}/{}", static_cast<int>(n.kind), n.tenant.value)] = n.bytes;
    return false;
  }
  void save(std::string& out) const override {
    out += nlohmann::json{{"open", open}, {"cursors", cursors}}.dump();
  }
  status restore(std::string_view saved) override {
    ++restored;
    open.clear();
    cursors.clear();
    records = 0;
    if (saved.empty()) return {};
    if (refuses_restore) return fail(errc::unsupported, "the ledger is of another version");
    const auto parsed = nlohmann::json::parse(saved);
    open = parsed["open"].get<decltype(open)>();
    cursors = parsed["cursors"].get<decltype(cursors)>();
    return {};
  }
  std::optional<seq_t> next_wanted(seq_t from) const override {
    ++asked;
    const auto found = open.lower_bound(from.value);
    return found == open.end() ? std::nullopt : std::optional(seq_t(found->first));
  }

  std::string state() const {
    std::string text;
    save(text);
    return text;
  }

  std::map<std::uint64_t, std::vector<std::string>> open;  // the message, then its outcomes
  std::map<std::string, std::string> cursors;
  std::uint64_t records = 0;  // since it was restored
  int restored = 0;
  mutable std::uint64_t asked = 0;  // what is wanted
  bool refuses_restore = false;
};

}  // namespace nip::bus
