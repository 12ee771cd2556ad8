// What a WebSocket session says: acknowledgements by runs, refusals, replies.
#include "base/json_write.hpp"
#include "gateway/problem.hpp"
#include "gateway/services.hpp"
#include "gateway/text.hpp"
#include "gateway/ws/session.hpp"

namespace nip::gateway::ws {
namespace {

constexpr std::uint64_t number_of(std::uint64_t ordinal) { return ordinal & ~session::wait_bit; }

void append_number(std::string& out, std::string_view key, std::uint64_t value) {
  out += key;
  append_decimal(out, value);
}

}  // namespace

void session::say(std::string_view json) { append_frame(out_.open(), opcode::text, json); }

bool session::extends_run(std::uint64_t ordinal, const broker::accepted& what) const {
  // At level memory there is no sequence: every message says 0.
  const std::uint64_t next = run_.seq == 0 ? 0 : run_.seq + (run_.to - run_.from) + 1;
  return ordinal == run_.to + 1 && what.seq.value == next && what.level == run_.level &&
         what.generation.value == run_.generation && !what.duplicate && !run_.duplicate;
}

void session::on_accepted(std::uint64_t ordinal, const broker::accepted& what) {
  if (close_said_) return;
  const std::uint64_t number = number_of(ordinal);
  if (run_.to != 0 && extends_run(number, what)) {
    run_.to = number;
  } else {
    write_run();
    run_ = {number, number, what.seq.value, what.generation.value, what.level, what.duplicate};
  }
  if ((ordinal & wait_bit) == 0) answered();
}

void session::write_run() {
  if (run_.to == 0) return;
  std::string& text = shard_.scratch;
  text.clear();
  append_number(text, R"({"op":"accepted","from":)", run_.from);
  append_number(text, R"(,"to":)", run_.to);
  append_number(text, R"(,"seq":)", run_.seq);
  text += R"(,"ack":")";
  text += to_string(run_.level);
  append_number(text, R"(","generation":)", run_.generation);
  text += run_.duplicate ? R"(,"duplicate":true})" : "}";
  run_ = {};
  say(text);
}

void session::on_refused(std::uint64_t ordinal, const error& why) {
  if (close_said_) return;
  write_run();
  std::string& text = shard_.scratch;
  text.clear();
  append_number(text, R"({"op":"refused","n":)", number_of(ordinal));
  text += R"(,"problem":)";
  append_json(text, why);
  text += '}';
  say(text);
  answered();
}

void session::refuse_frame(const error& why) {
  // A frame that meant to publish has taken its number, or the peer's count and ours would part.
  if (!shard_.operations.meant_to_publish()) return say_error(why, shard_.operations.ref());
  ++open_;
  on_refused(++published_, why);
}

void session::say_error(const error& why, std::string_view ref) {
  write_run();
  std::string text = R"({"op":"error","problem":)";
  append_json(text, why);
  if (!ref.empty()) text.append(R"(,"ref":)").append(ref);
  say(text += '}');
}

void session::on_reply(std::uint64_t ordinal, const message::message_ptr& reply) {
  if (close_said_) return;
  const auto waiting = out_.size();
  if (waiting > 0 &&
      waiting + reply->json().size() > shard_.settings.bounds.reply_output_bytes_max()) {
    shard_.counts.replies_held.add();
    return on_no_reply(ordinal, broker::no_reply::late, {});
  }
  write_run();
  std::string& text = shard_.scratch;
  text.clear();
  append_number(text, R"({"op":"reply","n":)", number_of(ordinal));
  text += R"(,"message":)";
  text += reply->json();
  text += '}';
  say(text);
  answered();
}

void session::on_no_reply(std::uint64_t ordinal, broker::no_reply how, std::string_view why) {
  if (close_said_) return;
  write_run();
  std::string& text = shard_.scratch;
  text.clear();
  append_number(text, R"({"op":"reply","n":)", number_of(ordinal));
  text += R"(,"message":null,"state":)";
  switch (how) {
    case broker::no_reply::late:
      text += R"("pending")";
      break;
    case broker::no_reply::none:
      text += R"("done")";
      break;
    case broker::no_reply::failed:
      text += R"("failed","problem":)";
      append_json(text,
                  http_problem(502, why.empty() ? "every delivery failed" : std::string(why)));
      break;
  }
  text += '}';
  say(text);
  answered();
}

}  // namespace nip::gateway::ws
