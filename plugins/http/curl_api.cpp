#include "curl_api.hpp"

#include "late_library.hpp"

namespace http_plugin {

curl_api::curl_api() {
  const late_library curl("libcurl.so.4", "libcurl4");
  curl.find(global_init, "curl_global_init");
  curl.find(getdate, "curl_getdate");
  curl.find(slist_append, "curl_slist_append");
  curl.find(slist_free_all, "curl_slist_free_all");
  curl.find(easy_init, "curl_easy_init");
  curl.find(easy_setopt, "curl_easy_setopt");
  curl.find(easy_getinfo, "curl_easy_getinfo");
  curl.find(easy_header, "curl_easy_header");
  curl.find(easy_strerror, "curl_easy_strerror");
  curl.find(easy_cleanup, "curl_easy_cleanup");
  curl.find(multi_init, "curl_multi_init");
  curl.find(multi_setopt, "curl_multi_setopt");
  curl.find(multi_add_handle, "curl_multi_add_handle");
  curl.find(multi_remove_handle, "curl_multi_remove_handle");
  curl.find(multi_perform, "curl_multi_perform");
  curl.find(multi_poll, "curl_multi_poll");
  curl.find(multi_wakeup, "curl_multi_wakeup");
  curl.find(multi_info_read, "curl_multi_info_read");
  curl.find(multi_cleanup, "curl_multi_cleanup");
}

}  // namespace http_plugin
