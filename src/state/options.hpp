// Options of the state store (`services.state_management`).
#pragma once

#include <cstdint>
#include <filesystem>

namespace nip::state {

/// Where state lives. Others (Redis, etcd) come with the cluster.
enum class backend : std::uint8_t { sqlite };

struct options {
  backend kind = backend::sqlite;
  std::filesystem::path path = "data/state.db";  ///< ":memory:" keeps nothing after the process
};

}  // namespace nip::state
