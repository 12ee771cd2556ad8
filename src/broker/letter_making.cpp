#include "broker/letter_making.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "delivery/dispatcher.hpp"

namespace nip::broker {
namespace {

dead_letter letter_about(const message::message& what, seq_t seq, tenant_seq_t tenant_seq) {
  dead_letter out;
  out.seq = seq;
  out.tenant_seq = tenant_seq;
  out.tenant = what.tenant();
  out.id = what.view().id;
  out.type = what.view().type;
  out.redrives = redrives_before(what);
  return out;
}

}  // namespace

std::uint32_t redrives_before(const message::message& what) {
  if (what.view().metadata.find("\"redrive\"") == std::string_view::npos) return 0;
  const auto metadata = nlohmann::json::parse(what.view().metadata, nullptr, false);
  if (!metadata.is_object()) return 0;
  const auto mark = metadata.find("redrive");
  if (mark == metadata.end() || !mark->is_object()) return 0;
  const auto count = mark->find("count");
  return count != mark->end() && count->is_number_unsigned() ? count->get<std::uint32_t>() : 0;
}

dead_letter letter_of(const message::message& what, seq_t seq, tenant_seq_t tenant_seq,
                      const router::planned_delivery& planned, const delivery_end& how) {
  auto out = letter_about(what, seq, tenant_seq);
  out.delivery = how.delivery;
  out.rule = planned.rule;
  out.target = how.target.empty() ? std::string_view(planned.targets.front().name) : how.target;
  out.reason = how.expired                              ? "expired"
               : how.attempts >= planned.retry.attempts ? "exhausted"
                                                        : "permanent";
  out.error = how.error;
  out.attempts = how.attempts;
  out.redrives += how.redrives;
  out.at = how.at;
  return out;
}

dead_letter letter_of_whole(const message::message& what, seq_t seq, tenant_seq_t tenant_seq,
                            std::string_view dead_reason) {
  auto out = letter_about(what, seq, tenant_seq);
  out.reason = dead_reason;
  out.error = dead_reason == "loop"
                  ? fmt::format("it passed through plugins {} times, more than {}",
                                what.view().hops, delivery::hops_max)
                  : "no rule matches it";
  out.at = what.accepted_at();
  return out;
}

}  // namespace nip::broker
