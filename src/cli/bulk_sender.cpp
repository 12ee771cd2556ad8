#include "cli/bulk_sender.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "cli/api.hpp"
#include "cli/format.hpp"

namespace nip::cli {
namespace {

constexpr long status_too_many = 429;
constexpr long status_unavailable = 503;
constexpr int retry_after_max_seconds = 60;

bool worth_a_retry(long status) {
  return status == status_too_many || status == status_unavailable;
}

}  // namespace

bulk_sender::bulk_sender(http_client& client, std::string ack, listener told, waiter wait)
    : client_(client), ack_(std::move(ack)), told_(std::move(told)), wait_(std::move(wait)) {}

outcome<void> bulk_sender::add(std::uint64_t line, std::string envelope) {
  const bool full = queued_.size() >= batch_entries_max ||
                    (!queued_.empty() && queued_bytes_ + envelope.size() > batch_bytes_max);
  if (full) NIP_CHECK(flush());
  queued_bytes_ += envelope.size() + 1;
  queued_.push_back({line, std::move(envelope)});
  return {};
}

outcome<void> bulk_sender::flush() {
  for (unsigned attempt = 0; !queued_.empty(); ++attempt) {
    NIP_CHECK(send_once(attempt));
    if (queued_.empty()) break;
    if (attempt >= batch_retries_max)
      return stop(
          exit_code::failed,
          fmt::format("{}: the server has no room after {} tries; it took everything before; "
                      "\"nip top\" shows what is full",
                      span_of_lines(), attempt + 1));
    wait_(pause_);
  }
  return {};
}

outcome<void> bulk_sender::send_once(unsigned attempt) {
  http_request request{.method = "POST",
                       .path = "/v4/messages:batch",
                       .headers = {"Content-Type: application/x-ndjson"}};
  if (!ack_.empty()) request.headers.push_back("Prefer: ack=" + ack_);
  request.body.reserve(queued_bytes_);
  for (const auto& each : queued_) request.body.append(each.envelope).push_back('\n');

  auto answered = client_.send(request);
  if (!answered) {
    auto why = std::move(answered).error();
    why.text = fmt::format("{}: {} (whether these lines were taken is not known{})",
                           span_of_lines(), why.text, attempt == 0 ? "" : "; the ones before were");
    return std::unexpected(std::move(why));
  }
  pause_ = retry_after(*answered);
  if (worth_a_retry(answered->status)) return {};
  const auto body = nlohmann::json::parse(answered->body, nullptr, false);
  const auto* outcomes = body.is_object() && body.contains("items") ? &body["items"] : &body;
  if (answered->status >= 300 || !outcomes->is_array())
    return stop(exit_code::failed, fmt::format("{}: {}", span_of_lines(),
                                               describe_problem(answered->status, answered->body)));
  if (outcomes->size() != queued_.size())
    return stop(exit_code::failed,
                fmt::format("{}: {} outcomes for {} messages; is the server older than nip?",
                            span_of_lines(), outcomes->size(), queued_.size()));
  settle(*outcomes);
  return {};
}

void bulk_sender::settle(const nlohmann::json& outcomes) {
  std::vector<entry> again;
  queued_bytes_ = 0;
  for (std::size_t i = 0; i < queued_.size(); ++i) {
    const auto& answer = outcomes[i];
    const bool refused = !answer.is_object() || answer.contains("problem");
    const auto status = static_cast<long>(number_at(answer, "problem.status"));
    if (worth_a_retry(status)) {
      queued_bytes_ += queued_[i].envelope.size() + 1;
      again.push_back(std::move(queued_[i]));
      continue;
    }
    told_({.line = queued_[i].line, .accepted = !refused, .answer = answer});
  }
  queued_ = std::move(again);
}

std::string bulk_sender::span_of_lines() const {
  if (queued_.size() == 1) return fmt::format("line {}", queued_.front().line);
  return fmt::format("lines {} to {}", queued_.front().line, queued_.back().line);
}

std::chrono::milliseconds retry_after(const http_response& response) {
  using namespace std::chrono_literals;
  const auto found = response.headers.find("retry-after");
  if (found == response.headers.end()) return 1s;
  int seconds = 0;
  const auto& text = found->second;
  const auto [at, code] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (code != std::errc{} || at != text.data() + text.size()) return 1s;
  return std::chrono::seconds(std::clamp(seconds, 0, retry_after_max_seconds));
}

}  // namespace nip::cli
