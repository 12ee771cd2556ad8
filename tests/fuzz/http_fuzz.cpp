// Any bytes as an HTTP connection, in any pieces: it never crashes, hangs, or waits without end.
#include "gateway_peer.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static nip::gateway::fuzz_shard shard;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  // The first line says how the rest is cut.
  const auto line = input.find('\n');
  const auto splits = line == std::string_view::npos ? std::string_view{} : input.substr(0, line);
  const auto slot = shard.open();
  shard.send(slot, line == std::string_view::npos ? input : input.substr(line + 1), splits);
  shard.turn(slot);
  shard.close(slot);
  return 0;
}
