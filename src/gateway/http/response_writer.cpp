#include "gateway/http/response_writer.hpp"

#include <array>

#include "base/json_write.hpp"
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
  out += R"(,"seq":)";
  append_decimal(out, facts.seq);
  out += R"(,"ack":")";
  out += to_string(facts.level);
  out += R"(","generation":)";
  append_decimal(out, facts.generation);
  if (facts.duplicate) out += R"(,"duplicate":true)";
  if (!facts.state.empty()) {
    out += R"(,"state":")";
    out += facts.state;
    out += '"';
  }
  out += '}';
}

void append_path_segment(std::string& out, std::string_view id) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::size_t plain_from = 0;
  for (std::size_t at = 0; at < id.size(); ++at) {
    const auto byte = static_cast<unsigned char>(id[at]);
    if (unreserved[byte]) continue;
    out.append(id, plain_from, at - plain_from);
    out += '%';
    out += digits[byte >> 4];
    out += digits[byte & 15];
    plain_from = at + 1;
  }
  out.append(id, plain_from);
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

void response_writer::write_common(std::string& out, const exchange& to) const {
  if (to.close_after) out += "Connection: close\r\n";
  if (const auto id = to.id.view(); !id.empty()) {
    out += "X-Request-Id: ";
    out += id;
    out += "\r\n";
  }
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
  write_common(out, to);
  out += "\r\n";
  if (!to.head_only) out += what.body;
}

void response_writer::write_accepted(std::string& out, const exchange& to,
                                     const acceptance_facts& facts) {
  body_.clear();
  append_acceptance(body_, facts);
  out += accepted_;
  append_decimal(out, body_.size());
  out += "\r\nLocation: /v4/messages/";
  append_path_segment(out, facts.id);
  out += "\r\n";
  if (to.names_level) {
    out += "Preference-Applied: ack=";
    out += to_string(facts.level);
    out += "\r\n";
  }
  write_common(out, to);
  out += "\r\n";
  out += body_;
}

}  // namespace nip::gateway::http
