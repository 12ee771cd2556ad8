// Where plugins are looked for besides the configured folder: beside the binary, and where packages
// go.
#pragma once

#include "plugin/catalogue.hpp"

namespace nip::daemon {

/// Adds `plugins/` beside the running binary (a build tree) and `<prefix>/lib/nip/plugins`, those
/// that exist, behind what is configured.
void add_own_folders(plugin::options& to);

}  // namespace nip::daemon
