// Media types of Content-Type and Accept, as far as this server negotiates.
#pragma once

#include <string_view>

namespace nip::gateway::http {

/// "application/json" of "application/json; charset=utf-8"; empty when absent.
std::string_view essence(std::string_view content_type);

/// May an answer of type `offered` go to a client that sent this Accept? An empty Accept takes all;
/// "type/*", "*/*" and a zero weight are understood.
bool is_acceptable(std::string_view accept, std::string_view offered);

/// Does the Accept name this very type (not by a wildcard)?
bool names_type(std::string_view accept, std::string_view type);

}  // namespace nip::gateway::http
