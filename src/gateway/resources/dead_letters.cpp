// /v4/dead-letters: what could not be delivered, sent again or thrown away.
#include <fmt/format.h>

#include <charconv>

#include "gateway/resources/handlers.hpp"

namespace nip::gateway::resources {
namespace {

constexpr std::size_t seqs_max = 10'000;  ///< of one request

std::optional<std::uint64_t> seq_of(call& what) {
  const std::string& text = what.parameters[0];
  std::uint64_t seq = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), seq);
  if (parsed.ec == std::errc{} && parsed.ptr == text.data() + text.size() && seq != 0) return seq;
  what.refuse(
      make_problem(errc::invalid_argument,
                   fmt::format("dead letter \"{}\": expected a sequence number from 1", text)));
  return std::nullopt;
}

std::unexpected<error> unclear() {
  return fail(
      errc::invalid_argument,
      R"(body: expected exactly one of {"seqs":[1,2]}, {"fingerprint":"..."}, {"target":"..."}, )"
      R"({"all":true})");
}

result<broker::dead_letter_choice> choice_of(const nlohmann::json& body) {
  broker::dead_letter_choice choice;
  if (!body.is_object() || body.size() != 1) return unclear();
  const auto only_member = body.begin();
  const std::string& key = only_member.key();
  const nlohmann::json& value = *only_member;
  if (key == "all" && value.is_boolean() && value.get<bool>()) {
    choice.all = true;
  } else if (key == "fingerprint" && value.is_string()) {
    choice.fingerprint = value.get<std::string>();
  } else if (key == "target" && value.is_string()) {
    choice.target = value.get<std::string>();
  } else if (key == "seqs" && value.is_array() && !value.empty() && value.size() <= seqs_max) {
    for (const auto& seq : value) {
      if (!seq.is_number_unsigned()) return unclear();
      choice.seqs.push_back(seq.get<std::uint64_t>());
    }
  } else {
    return unclear();
  }
  return choice;
}

std::optional<broker::dead_letter_choice> read_choice(call& what) {
  const auto body = what.json_body();
  if (!body) return std::nullopt;
  auto choice = choice_of(*body);
  if (choice) return *std::move(choice);
  what.refuse(choice.error());
  return std::nullopt;
}

broker::dead_letter_choice only(std::uint64_t seq) {
  broker::dead_letter_choice choice;
  choice.seqs.push_back(seq);
  return choice;
}

}  // namespace

void list_dead_letters(call& what) {
  if (auto page = what.page())
    what.shard.admin.list_dead_letters(what.shard.shard, what.shard.who, *std::move(page),
                                       what.respond());
}

void get_dead_letter(call& what) {
  if (const auto seq = seq_of(what))
    what.shard.admin.get_dead_letter(what.shard.shard, what.shard.who, *seq, what.respond());
}

void redrive_some(call& what) {
  if (auto choice = read_choice(what))
    what.shard.admin.redrive(what.shard.shard, what.shard.who, *std::move(choice),
                             what.respond(202));
}

void redrive_one(call& what) {
  if (const auto seq = seq_of(what))
    what.shard.admin.redrive(what.shard.shard, what.shard.who, only(*seq), what.respond(202));
}

void purge_some(call& what) {
  if (auto choice = read_choice(what))
    what.shard.admin.purge(what.shard.shard, what.shard.who, *std::move(choice), what.respond());
}

void purge_one(call& what) {
  if (const auto seq = seq_of(what))
    what.shard.admin.purge(what.shard.shard, what.shard.who, only(*seq), what.respond());
}

}  // namespace nip::gateway::resources
