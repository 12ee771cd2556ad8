// The form of a W3C trace context header, checked without reading its numbers.
#pragma once

#include <string_view>

namespace nip::message {

/// True for `00-<32 hex>-<16 hex>-<2 hex>` in lower case with neither id all zero; a version above
/// 00 (but not ff) may carry more behind another dash. W3C Trace Context level 1, section 3.2.
bool is_traceparent(std::string_view text) noexcept;

}  // namespace nip::message
