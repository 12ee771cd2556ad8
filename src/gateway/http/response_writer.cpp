#include "gateway/http/response_writer.hpp"

#include <array>

#include "base/json_write.hpp"
#include "base/text_tail.hpp"
#include "gateway/text.hpp"

namespace nip::gateway::http {
namespace {

/// The characters that RFC 3986 lets stand for themselves anywhere.
constexpr std::array<bool, 256> make_unreserved() {
  std::array<bool, 256> table{};
  for (unsigned char c = '0'; c <= '9'; ++c) table[c] = true;
  for (unsigned char c = 'a'; c <= 'z'; ++c) table[c] = table[c - 'a' + 'A'] = true;
  for (const unsigned char c : {'-', '_', '.', '~'}) table[c] = true;
  return table;
}
constexpr std::array<bool, 256> unreserved = make_unreserved();

void append_status_line(std::string& out, unsigned status) {
  out += "HTTP/1.1 ";
  append_decimal(out, status);
  out += ' ';
  out += reason_of(status);
  out += "\r\n";
}

void put_path_segment(text_tail& to, std::string_view id) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::size_t plain_from = 0;
  for (std::size_t at = 0; at < id.size(); ++at) {
    const auto byte = static_cast<unsigned char>(id[at]);
    if (unreserved[byte]) continue;
    to.put(id.substr(plain_from, at - plain_from));
    to.put('%');
    to.put(digits[byte >> 4]);
    to.put(digits[byte & 15]);
    plain_from = at + 1;
  }
  to.put(id.substr(plain_from));
}

/// The members of an acceptance behind its id.
void put_behind_id(std::string& out, const acceptance_facts& facts) {
  constexpr std::size_t names_bytes = 80;  // of all members below, without their values
  constexpr std::size_t level_bytes_max = 16;
  text_tail tail(
      out, names_bytes + 2 * text_tail::decimal_bytes_max + level_bytes_max + facts.state.size());
  tail.put(R"(,"seq":)");
  tail.put_decimal(facts.seq);
  tail.put(R"(,"ack":")");
  tail.put(to_string(facts.level));
  tail.put(R"(","generation":)");
  tail.put_decimal(facts.generation);
  if (facts.duplicate) tail.put(R"(,"duplicate":true)");
  if (!facts.state.empty()) {
    tail.put(R"(,"state":")");
    tail.put(facts.state);
    tail.put('"');
  }
  tail.put('}');
}

constexpr std::string_view close_line = "Connection: close\r\n";
constexpr std::string_view id_name = "X-Request-Id: ";

/// The lines that belong to the connection and to the request.
std::size_t common_bytes_max(const exchange& to) {
  return close_line.size() + id_name.size() + to.id.view().size() + 2;
}

void put_common(text_tail& tail, const exchange& to) {
  if (to.close_after) tail.put(close_line);
  if (const auto id = to.id.view(); !id.empty()) {
    tail.put(id_name);
    tail.put(id);
    tail.put("\r\n");
  }
}

}  // namespace

void add_field(answer& to, std::string_view name, std::string_view value) {
  to.fields += name;
  to.fields += ": ";
  for (const char c : value)
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) to.fields += c;
  to.fields += "\r\n";
}

answer problem_answer(const problem& what, std::string_view request_id) {
  answer made;
  made.status = what.status;
  made.content_type = "application/problem+json";
  if (what.retry_after_s != 0) add_field(made, "Retry-After", std::to_string(what.retry_after_s));
  append_json(made.body, what, request_id);
  return made;
}

void append_acceptance(std::string& out, const acceptance_facts& facts) {
  out += R"({"id":)";
  append_json_string(out, facts.id);
  put_behind_id(out, facts);
}

void append_path_segment(std::string& out, std::string_view id) {
  constexpr std::size_t escaped_bytes = 3;
  text_tail tail(out, id.size() * escaped_bytes);
  put_path_segment(tail, id);
}

response_writer::response_writer(const options& settings, const turn_clock& time) : time_(time) {
  if (!settings.server_name.empty()) server_line_ = "Server: " + settings.server_name + "\r\n";
  refresh();
}

void response_writer::refresh() {
  if (date_of_ == time_.date()) return;
  date_of_ = time_.date();
  common_ = server_line_ + "Date: " + date_of_ + "\r\n";
  accepted_.clear();
  append_status_line(accepted_, 202);
  accepted_ += common_ + "Content-Type: application/json\r\nContent-Length: ";
}

void response_writer::write(std::string& out, const exchange& to, const answer& what) const {
  append_status_line(out, what.status);
  out += common_;
  if (!what.content_type.empty()) {
    out += "Content-Type: ";
    out += what.content_type;
    out += "\r\n";
  }
  if (what.status != 204) {
    out += "Content-Length: ";
    append_decimal(out, what.body.size());
    out += "\r\n";
  }
  out += what.fields;
  {
    text_tail tail(out, common_bytes_max(to) + 2);
    put_common(tail, to);
    tail.put("\r\n");
  }
  if (!to.head_only) out += what.body;
}

void response_writer::write_accepted(std::string& out, const exchange& to,
                                     const acceptance_facts& facts) {
  body_.clear();
  append_acceptance(body_, facts);
  constexpr std::size_t names_bytes = 128;  // of the lines below, without their values
  constexpr std::size_t escaped_bytes = 3;  // of one byte in a path
  text_tail tail(out, accepted_.size() + names_bytes + facts.id.size() * escaped_bytes +
                          common_bytes_max(to) + body_.size());
  tail.put(accepted_);
  tail.put_decimal(body_.size());
  tail.put("\r\nLocation: /v4/messages/");
  put_path_segment(tail, facts.id);
  tail.put("\r\n");
  if (to.names_level) {
    tail.put("Preference-Applied: ack=");
    tail.put(to_string(facts.level));
    tail.put("\r\n");
  }
  put_common(tail, to);
  tail.put("\r\n");
  tail.put(body_);
}

}  // namespace nip::gateway::http
