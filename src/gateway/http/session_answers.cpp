// What the broker says to an HTTP session, as answers.
#include <fmt/format.h>

#include "gateway/http/session.hpp"
#include "gateway/resources/route_table.hpp"
#include "gateway/services.hpp"

namespace nip::gateway::http {
namespace {

constexpr std::uint64_t entry_mask = (std::uint64_t{1} << session::entry_bits) - 1;

acceptance_facts facts_of(const broker::accepted& what) {
  return {what.id, what.seq.value, what.generation.value, what.level, what.duplicate, {}};
}

void remember(exchange& slot, const broker::accepted& what) {
  slot.accepted_id = what.id;
  slot.seq = what.seq.value;
  slot.generation = what.generation.value;
  slot.level = what.level;
  slot.duplicate = what.duplicate;
}

/// Location and Preference-Applied of a request that waited.
void add_waited_fields(answer& to, const exchange& slot) {
  to.fields += "Location: /v4/messages/";
  append_path_segment(to.fields, slot.accepted_id);
  to.fields += "\r\nPreference-Applied: ";
  if (slot.names_level) to.fields.append("ack=").append(to_string(slot.level)).append(", ");
  to.fields += fmt::format("wait={:g}\r\n", std::chrono::duration<double>(slot.wait).count());
}

}  // namespace

void session::on_accepted(std::uint64_t ordinal, const broker::accepted& what) {
  exchange* slot = queue_.find(ordinal >> entry_bits);
  if (slot == nullptr) return;
  if (slot->batch) {
    std::string& outcome = shard_.scratch;
    outcome.clear();
    append_acceptance(outcome, facts_of(what));
    return settle_entry(*slot, ordinal & entry_mask, outcome, false);
  }
  if (slot->wants_reply) return remember(*slot, what);
  shard_.writer.write_accepted(line_for(*slot), *slot, facts_of(what));
  complete(*slot, 202);
}

void session::on_refused(std::uint64_t ordinal, const error& why) {
  exchange* slot = queue_.find(ordinal >> entry_bits);
  if (slot == nullptr) return;
  if (!slot->batch) return refuse(*slot, make_problem(why));
  std::string outcome = R"({"problem":)";
  append_json(outcome, why);
  outcome += '}';
  settle_entry(*slot, ordinal & entry_mask, outcome, true);
}

void session::on_reply(std::uint64_t ordinal, const message::message_ptr& reply) {
  exchange* slot = queue_.find(ordinal >> entry_bits);
  if (slot == nullptr) return;
  const auto waiting = waiting_bytes();
  if (waiting > 0 &&
      waiting + reply->json().size() > shard_.settings.bounds.reply_output_bytes_max()) {
    shard_.counts.replies_held.add();
    return answer_wait(*slot, "pending");
  }
  answer made;
  add_waited_fields(made, *slot);
  resources::write_reply(shard_, made, *reply, slot->wants_event);
  give(*slot, made);
}

void session::on_no_reply(std::uint64_t ordinal, broker::no_reply how, std::string_view why) {
  exchange* slot = queue_.find(ordinal >> entry_bits);
  if (slot == nullptr) return;
  if (how != broker::no_reply::failed)
    return answer_wait(*slot, how == broker::no_reply::late ? "pending" : "done");
  problem failed = http_problem(502, why.empty() ? "every delivery failed" : std::string(why));
  failed.extra = "\"message\":";
  append_acceptance(failed.extra, {slot->accepted_id, slot->seq, slot->generation, slot->level,
                                   slot->duplicate, "failed"});
  answer made = problem_answer(failed, slot->id.view());
  add_waited_fields(made, *slot);
  give(*slot, made);
}

/// Of answers, those that wait for an earlier one included.
std::size_t session::waiting_bytes() {
  std::size_t sum = out_.size();
  for (const exchange* each = queue_.front(); each != nullptr; each = each->next)
    sum += each->response.size();
  return sum;
}

void session::answer_wait(exchange& slot, std::string_view state) {
  answer made;
  made.status = 202;
  add_waited_fields(made, slot);
  append_acceptance(
      made.body, {slot.accepted_id, slot.seq, slot.generation, slot.level, slot.duplicate, state});
  give(slot, made);
}

void session::settle_entry(exchange& of, std::uint64_t entry, std::string_view outcome,
                           bool refused) {
  of.batch->settle(entry, outcome, refused);
  if (stream_) since_ = shard_.time.now();  // while the window was full, the peer could not send
  if (of.batch->complete()) give(of, resources::batch_answer(*of.batch));
}

}  // namespace nip::gateway::http
