// The JSON Schemas that /openapi.json refers to.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace nip::gateway::resources {

struct route;

/// The object components/schemas, as JSON text, in two parts.
std::string_view openapi_schemas();
std::string_view openapi_operator_schemas();
/// The whole document.
std::string openapi_text(std::span<const route> routes);

}  // namespace nip::gateway::resources
