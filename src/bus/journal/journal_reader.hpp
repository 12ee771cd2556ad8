// Reads records back, beside the writer: scans, single messages, messages by id.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/file.hpp"
#include "bus/bus.hpp"
#include "bus/journal/catalogue.hpp"
#include "bus/journal/id_index.hpp"
#include "bus/journal/plan_book.hpp"
#include "bus/journal/segment_walker.hpp"

namespace nip::bus::journal {

/// Thread-safe: each call has its own files and buffers. Reads only what is durable.
class journal_reader {
 public:
  struct source {
    file_system& files;
    std::string directory;
    std::uint64_t journal_id;
    const catalogue& segments;
    const id_index& ids;
  };
  explicit journal_reader(source from) : from_(std::move(from)) {}

  // As bus.hpp says.
  status scan(seq_t from, visitor& visit) const;
  result<std::optional<stored_message>> read(seq_t seq) const;
  result<std::optional<bus::found>> find(tenant_id tenant, std::string_view id) const;

 private:
  class pass;
  result<std::optional<seq_t>> find_seq(tenant_id tenant, std::string_view id) const;
  result<std::optional<seq_t>> search_backward(tenant_id tenant, std::string_view id) const;

  source from_;
};

}  // namespace nip::bus::journal
