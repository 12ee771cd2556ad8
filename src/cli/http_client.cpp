#include "cli/http_client.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace nip::cli {
namespace {

/// An answer is a page of a list at most; this is far above the server's largest page.
constexpr std::size_t response_bytes_max = std::size_t{256} << 20;

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* into) {
  auto& body = *static_cast<std::string*>(into);
  if (body.size() + size * count > response_bytes_max) return 0;
  body.append(data, size * count);
  return size * count;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())))
    text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())))
    text.remove_suffix(1);
  return text;
}

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* into) {
  const std::string_view line(data, size * count);
  if (const auto colon = line.find(':'); colon != std::string_view::npos) {
    std::string name(line.substr(0, colon));
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
    auto& headers = *static_cast<std::map<std::string, std::string>*>(into);
    headers[name] = trimmed(line.substr(colon + 1));
  }
  return size * count;
}

class header_list {
 public:
  explicit header_list(const std::vector<std::string>& lines) {
    // curl would wait for "100 Continue" before larger bodies; nipd reads at once.
    list_ = curl_slist_append(list_, "Expect:");
    for (const auto& line : lines) list_ = curl_slist_append(list_, line.c_str());
  }
  ~header_list() { curl_slist_free_all(list_); }
  header_list(const header_list&) = delete;
  header_list& operator=(const header_list&) = delete;
  curl_slist* get() const { return list_; }

 private:
  curl_slist* list_ = nullptr;
};

failure unreachable(const server_address& server, CURLcode code, const char* reason) {
  const std::string url = server.url();
  if (code == CURLE_OPERATION_TIMEDOUT)
    return {exit_code::unreachable,
            fmt::format(
                "no answer from {} in time ({}); give it longer with --timeout, or see what it is "
                "doing with \"nip top\"",
                url, reason)};
  if (code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST)
    return {
        exit_code::unreachable,
        fmt::format("nipd does not answer at {} ({}). Is it running? Start it with \"nipd --config "
                    "config/nip.yaml\", or name another server with --server or NIP_SERVER",
                    url, reason)};
  return {exit_code::unreachable,
          fmt::format("{} broke off the exchange ({}); its log says why", url, reason)};
}

}  // namespace

struct http_client::handle {
  CURL* easy = curl_easy_init();
  char reason[CURL_ERROR_SIZE] = {};
  ~handle() { curl_easy_cleanup(easy); }
};

http_client::http_client(server_address server, std::chrono::milliseconds timeout)
    : server_(std::move(server)), timeout_(timeout), curl_(std::make_unique<handle>()) {}
http_client::~http_client() = default;
http_client::http_client(http_client&&) noexcept = default;

outcome<http_response> http_client::send(const http_request& request) {
  CURL* const easy = curl_->easy;
  if (!easy) return stop(exit_code::failed, "libcurl does not start; is the system out of memory?");
  http_response response;
  const header_list headers(request.headers);
  const std::string url = server_.url() + request.path;
  const auto timeout = request.timeout.value_or(timeout_);

  curl_easy_reset(easy);  // options only: the connection stays
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "127.0.0.1,localhost,::1");
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "nip/4");
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, curl_->reason);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &response.body);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &response.headers);
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
  }
  curl_->reason[0] = '\0';
  if (const CURLcode code = curl_easy_perform(easy); code != CURLE_OK)
    return std::unexpected(
        unreachable(server_, code, curl_->reason[0] ? curl_->reason : curl_easy_strerror(code)));
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &response.status);
  return response;
}

std::string url_escape(std::string_view text) {
  std::string escaped;
  for (const unsigned char c : text) {
    if (std::isalnum(c) || c == '-' || c == '.' || c == '_' || c == '~')
      escaped += static_cast<char>(c);
    else
      escaped += fmt::format("%{:02X}", c);
  }
  return escaped;
}

}  // namespace nip::cli
