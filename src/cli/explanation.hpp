// The explanation of a message as people read it: JSON of GET /v4/messages/{id}/explain in, text
// out.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "cli/paint.hpp"

namespace nip::cli {

/// What it is, which rules matched and why others did not, every delivery with its candidates and
/// attempts, and the time of each stage where the server took it. Fields that are absent are left
/// out.
std::string explanation_text(const nlohmann::json& explained, const painter& paint);

}  // namespace nip::cli
