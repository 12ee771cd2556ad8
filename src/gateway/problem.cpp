#include "gateway/problem.hpp"

#include <algorithm>
#include <array>

#include "base/json_write.hpp"
#include "gateway/text.hpp"

namespace nip::gateway {
namespace {

constexpr std::uint32_t retry_after_default_s = 1;

struct status_entry {
  unsigned status;
  std::string_view type;
  std::string_view reason;
};

constexpr std::array statuses = {
    status_entry{200, "", "OK"},
    status_entry{202, "", "Accepted"},
    status_entry{204, "", "No Content"},
    status_entry{207, "", "Multi-Status"},
    status_entry{400, "bad-request", "Bad Request"},
    status_entry{401, "unauthenticated", "Unauthorized"},
    status_entry{403, "forbidden", "Forbidden"},
    status_entry{404, "not-found", "Not Found"},
    status_entry{405, "method-not-allowed", "Method Not Allowed"},
    status_entry{406, "not-acceptable", "Not Acceptable"},
    status_entry{408, "request-timeout", "Request Timeout"},
    status_entry{409, "conflict", "Conflict"},
    status_entry{413, "too-large", "Content Too Large"},
    status_entry{414, "target-too-long", "URI Too Long"},
    status_entry{415, "unsupported-media-type", "Unsupported Media Type"},
    status_entry{417, "expectation-failed", "Expectation Failed"},
    status_entry{422, "unroutable", "Unprocessable Content"},
    status_entry{426, "upgrade-required", "Upgrade Required"},
    status_entry{429, "exhausted", "Too Many Requests"},
    status_entry{431, "headers-too-large", "Request Header Fields Too Large"},
    status_entry{500, "internal", "Internal Server Error"},
    status_entry{501, "not-implemented", "Not Implemented"},
    status_entry{502, "delivery-failed", "Bad Gateway"},
    status_entry{503, "unavailable", "Service Unavailable"},
    status_entry{504, "timeout", "Gateway Timeout"},
    status_entry{505, "http-version", "HTTP Version Not Supported"},
    status_entry{507, "storage-full", "Insufficient Storage"},
};

const status_entry& entry_of(unsigned status) {
  static constexpr status_entry unknown{0, "internal", "Unknown"};
  const auto found = std::ranges::find(statuses, status, &status_entry::status);
  return found == statuses.end() ? unknown : *found;
}

struct errc_entry {
  unsigned status;
  std::string_view type;
  std::string_view title;
};

// In the order of errc.
constexpr errc_entry failures[] = {
    {400, "invalid-argument", "Value not allowed"},
    {400, "parse", "Not well formed"},
    {404, "not-found", "Not found"},
    {409, "conflict", "Clashes with what exists"},
    {401, "unauthenticated", "Not authenticated"},
    {403, "forbidden", "Not allowed"},
    {413, "too-large", "Over a size limit"},
    {429, "exhausted", "A budget is used up"},
    {507, "storage-full", "The journal's disk budget is used up"},
    {503, "unavailable", "Not available now"},
    {504, "timeout", "Took too long"},
    {503, "cancelled", "Given up"},
    {422, "unroutable", "No rule matches"},
    {400, "unsupported", "Not supported"},
    {500, "io", "The operating system refused"},
    {500, "corrupt", "Stored bytes are damaged"},
    {500, "internal", "Internal error"},
};
static_assert(std::size(failures) == static_cast<std::size_t>(errc::internal) + 1);

const errc_entry& entry_of(errc code) { return failures[static_cast<std::size_t>(code)]; }

bool worth_a_retry(unsigned status) { return status == 429 || status == 503; }

void append_head(std::string& out, std::string_view type, std::string_view title, unsigned status,
                 std::string_view detail) {
  out += R"({"type":"urn:nip:problem:)";
  out += type;
  out += R"(","title":)";
  append_json_string(out, title);
  out += R"(,"status":)";
  append_decimal(out, status);
  out += R"(,"detail":)";
  append_json_string(out, detail);
}

}  // namespace

problem make_problem(const error& why) { return make_problem(why.code, why.detail); }

problem make_problem(errc code, std::string detail) {
  const errc_entry& entry = entry_of(code);
  problem made{entry.status, entry.type, entry.title, std::move(detail), 0, {}};
  if (worth_a_retry(entry.status)) made.retry_after_s = retry_after_default_s;
  return made;
}

problem http_problem(unsigned status, std::string detail) {
  const status_entry& entry = entry_of(status);
  problem made{status, entry.type, entry.reason, std::move(detail), 0, {}};
  if (worth_a_retry(status)) made.retry_after_s = retry_after_default_s;
  return made;
}

unsigned status_of(errc code) { return entry_of(code).status; }

std::string_view reason_of(unsigned status) { return entry_of(status).reason; }

void append_json(std::string& out, const problem& what, std::string_view request_id) {
  append_head(out, what.type, what.title, what.status, what.detail);
  if (!request_id.empty()) {
    out += R"(,"request_id":)";
    append_json_string(out, request_id);
  }
  if (what.retry_after_s != 0) {
    out += R"(,"retry_after_s":)";
    append_decimal(out, what.retry_after_s);
  }
  if (!what.extra.empty()) {
    out += ',';
    out += what.extra;
  }
  out += '}';
}

void append_json(std::string& out, const error& why) {
  const errc_entry& entry = entry_of(why.code);
  append_head(out, entry.type, entry.title, entry.status, why.detail);
  if (worth_a_retry(entry.status)) {
    out += R"(,"retry_after_s":)";
    append_decimal(out, retry_after_default_s);
  }
  out += '}';
}

}  // namespace nip::gateway
