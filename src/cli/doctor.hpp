// The checks behind `nip doctor`: each adds what it found and what to do about it.
#pragma once

#include <string>
#include <vector>

#include "cli/http_client.hpp"

namespace nip::cli {

enum class verdict : std::uint8_t { good, warning, bad };

struct finding {
  std::string check;
  verdict how = verdict::good;
  std::string text;
  std::string advice = {};  ///< what to do; empty when all is well
};

/// Does it answer, is it ready, how long does a request take? True when it answers.
bool examine_server(http_client& client, std::vector<finding>& found);
/// Limits of this host that a broker runs into.
void examine_host(std::vector<finding>& found);
/// Can the folder be written, and how long does a sync take there? Writes and removes a probe file
/// of its own.
void examine_journal(const std::string& folder, std::vector<finding>& found);

/// The journal folder that a server on this host says it uses, or empty.
std::string journal_path_of(http_client& client);

}  // namespace nip::cli
