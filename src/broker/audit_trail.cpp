#include "broker/audit_trail.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace nip::broker {

void audit_trail::go_on_from(std::vector<std::string> entries) {
  const std::scoped_lock held(lock_);
  if (entries.empty()) return;
  // The journal's checksums stand for the bytes; the hashes are for `nip journal verify`.
  if (const auto head = security::audit_head_of(entries.back()))
    chain_ = security::audit_chain(*head);
  else
    log_.error("the newest entry of the audit trail cannot be read, and a new chain begins: {}",
               head.error().detail);
  for (auto& each : entries) remember(std::move(each));
}

void audit_trail::record(std::string_view who, std::string_view what, std::string_view object,
                         const error* refused, on_kept then) {
  const std::string outcome =
      refused ? fmt::format("{}: {}", to_string(refused->code), refused->detail) : "done";
  const std::scoped_lock held(lock_);
  auto entry = chain_.add({clock_.wall(), who, what, object, outcome});
  keep_(entry, std::move(then));
  remember(std::move(entry));
  recorded_.add(1);
}

result<nlohmann::json> audit_trail::list(const page& which) const {
  std::size_t skip = 0;
  std::uint64_t before = 0;
  const auto& cursor = which.cursor;
  const auto [end, wrong] = std::from_chars(cursor.data(), cursor.data() + cursor.size(), before);
  if (!cursor.empty() && (wrong != std::errc() || end != cursor.data() + cursor.size()))
    return fail(errc::invalid_argument,
                fmt::format("cursor \"{}\": expected the \"next\" of a page of this list", cursor));
  const std::scoped_lock held(lock_);
  if (!cursor.empty() && chain_.head().seq >= before) skip = chain_.head().seq - before + 1;
  nlohmann::json out = {{"items", nlohmann::json::array()}};
  auto& items = out["items"];
  const std::size_t limit = std::clamp<std::size_t>(which.limit, 1, entries_max);
  for (std::size_t i = std::min(skip, newest_.size()); i < newest_.size(); ++i) {
    if (items.size() == limit) {
      out["next"] = std::to_string(items.back()["seq"].get<std::uint64_t>());
      break;
    }
    items.push_back(nlohmann::json::parse(newest_[newest_.size() - 1 - i], nullptr, false));
  }
  return out;
}

void audit_trail::remember(std::string entry) {
  if (newest_.size() == entries_max) newest_.pop_front();
  newest_.push_back(std::move(entry));
}

}  // namespace nip::broker
