#include "broker/redrive.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "broker/again.hpp"
#include "broker/compose.hpp"
#include "broker/letter_making.hpp"
#include "broker/shard.hpp"

namespace nip::broker {
namespace {

using course_ptr = std::shared_ptr<const redrive_course>;

std::unexpected<error> taken(const dead_letter& letter) {
  return fail(errc::conflict, fmt::format("dead letter seq {} is being redriven or purged already",
                                          letter.tenant_seq.value));
}

/// The same delivery again, with the plan that was recorded.
errand::item same_again(const dead_letter& letter, const bus::message_record& record,
                        router::plan_ptr plan, const redrive_place& place) {
  const bool wants = (record.flags & bus::wants_reply) != 0;
  auto text = std::make_shared<const std::string>(record.envelope);
  return {letter.tenant_seq, text->size(),
          [letter, plan, wants, text, place, accepted_at = record.accepted_at](shard& by,
                                                                               on_injected then) {
            if (!place.dead.take(dead_letters::key_of(letter))) return then(taken(letter));
            auto made = by.restore(*text, letter.tenant, accepted_at);
            if (!made) {
              place.dead.give_back(dead_letters::key_of(letter));
              return then(std::unexpected(std::move(made.error())));
            }
            // What its message went through before stands in the message itself.
            const auto redrives = letter.redrives - redrives_before(**made) + 1;
            by.note({letter.seq, letter.delivery, bus::outcome_kind::redriven, redrives, {}});
            place.dead.remove(letter.seq, letter.delivery);
            place.counts.redriven.fetch_add(1);
            by.resume({std::move(*made),
                       plan,
                       letter.seq,
                       letter.tenant_seq,
                       wants,
                       {{letter.delivery, 0, {}, static_cast<std::uint16_t>(redrives)}},
                       shard::counting::again});
            then(injected{letter.id, letter.tenant_seq});
          }};
}

/// A new message, caused by the old one; the letter goes when the new one is safe.
errand::item another(const dead_letter& letter, const injection_text& text,
                     const injection_heading_ptr& as, const redrive_place& place) {
  return {
      letter.tenant_seq, text.bytes, [letter, text, as, place](shard& by, on_injected then) {
        if (!place.dead.take(dead_letters::key_of(letter))) return then(taken(letter));
        by.inject(
            {text,
             as,
             [letter, place, then, at = &by](const result<injected>& said) {
               if (!said) {
                 place.dead.give_back(dead_letters::key_of(letter));
                 return then(said);
               }
               at->note(
                   {letter.seq, letter.delivery, bus::outcome_kind::purged, 0,
                    nlohmann::json{{"redriven_as", said->id}, {"seq", said->seq.value}}.dump()});
               place.dead.remove(letter.seq, letter.delivery);
               place.counts.redriven_anew.fetch_add(1);
               then(said);
             },
             {}});
      }};
}

/// The old envelope with the changes; checked, so that a mistake is told before anything is sent.
result<injection_text> changed_text(const dead_letter& letter, std::string_view envelope,
                                    const redrive_course& course) {
  std::string text(envelope);
  if (!course.patch.is_null()) {
    auto document = nlohmann::json::parse(envelope, nullptr, false);
    if (!document.is_object())
      return fail(errc::corrupt, fmt::format("dead letter seq {}: its message cannot be read back",
                                             letter.tenant_seq.value));
    document.merge_patch(course.patch);
    text = document.dump();
  }
  const auto size = text.size();
  text.append(message::message::padding, '\0');
  message::codec codec(course.envelope);
  NIP_TRY(in, codec.parse(std::string_view(text).substr(0, size)));
  auto mark = fmt::format(R"({{"of":{},"count":{})", letter.tenant_seq.value, letter.redrives + 1);
  if (!course.redirect.empty()) mark += ",\"target\":" + broker::quoted(course.redirect);
  mark += '}';
  std::string made;
  const auto bytes = again_writer().write(made, in, again::redrive, mark).size();
  return injection_text{std::make_shared<const std::string>(std::move(made)), 0, bytes};
}

/// Works through letters that were chosen before.
class redrive_errand final : public errand {
 public:
  redrive_errand(std::vector<dead_letter> letters, course_ptr course, const redrive_place& place)
      : letters_(std::move(letters)), course_(std::move(course)), place_(place) {}

  result<batch> read() override {
    constexpr std::size_t items_max = 256;
    batch out;
    for (; out.items.size() < items_max && next_ < letters_.size(); ++next_) {
      const auto& letter = letters_[next_];
      ++out.looked_at;
      out.position = letter.tenant_seq;
      auto allowed = may_redrive(letter, *course_);
      auto made = allowed ? redrive_item(letter, course_, place_)
                          : result<item>(std::unexpected(allowed.error()));
      if (made)
        out.items.push_back(std::move(*made));
      else
        out.items.push_back(
            {letter.tenant_seq, 0, [why = made.error()](shard&, const on_injected& then) {
               then(std::unexpected(why));
             }});
    }
    out.last = next_ == letters_.size();
    out.progress =
        letters_.empty() ? 1.0 : static_cast<double>(next_) / static_cast<double>(letters_.size());
    return out;
  }

 private:
  const std::vector<dead_letter> letters_;
  const course_ptr course_;
  const redrive_place place_;
  std::size_t next_ = 0;
};

}  // namespace

status may_redrive(const dead_letter& letter, const redrive_course& course) {
  if (is_volatile(letter.seq))
    return fail(errc::not_found,
                fmt::format("message \"{}\" was accepted at level memory, which keeps nothing to "
                            "deliver again",
                            letter.id));
  if (course.force || course.redrives_max == 0 || letter.redrives < course.redrives_max) return {};
  return fail(errc::conflict,
              fmt::format("dead letter seq {} was redriven {} times already, and "
                          "services.message_router.redrives is {}; repair the cause, or say "
                          "\"force\": true",
                          letter.tenant_seq.value, letter.redrives, course.redrives_max));
}

result<errand::item> redrive_item(const dead_letter& letter, const course_ptr& course,
                                  const redrive_place& place) {
  NIP_TRY(stored, place.journal.read(letter.seq));
  if (!stored)
    return fail(errc::not_found,
                fmt::format("the journal no longer has seq {}", letter.tenant_seq.value));
  NIP_TRY(plan, router::plan::restore(stored->record.generation, stored->record.plan));
  // What no rule matched has no plan to resume: it is routed anew, as a message of its own.
  const bool same = course->patch.is_null() && !course->plan && !plan->deliveries().empty();
  if (same) return same_again(letter, stored->record, plan, place);
  NIP_TRY(text, changed_text(letter, stored->record.envelope, *course));
  return another(letter, text, std::make_shared<const injection_heading>(course->who, course->plan),
                 place);
}

std::unique_ptr<errand> make_redrive(std::vector<dead_letter> letters, course_ptr course,
                                     const redrive_place& place) {
  return std::make_unique<redrive_errand>(std::move(letters), std::move(course), place);
}

}  // namespace nip::broker
