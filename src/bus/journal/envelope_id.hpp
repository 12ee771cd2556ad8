// Finds the id of a message in its canonical JSON text.
#pragma once

#include <memory>
#include <string_view>

namespace nip::bus::journal {

/// One thread at a time; allocates only for envelopes that do not start with their id.
class envelope_id_reader {
 public:
  envelope_id_reader();
  envelope_id_reader(envelope_id_reader&&) noexcept;
  ~envelope_id_reader();

  /// The decoded top-level string "id", empty when there is none. Valid until the next call and as
  /// long as `envelope`.
  std::string_view read(std::string_view envelope);

 private:
  struct parser;
  std::unique_ptr<parser> parser_;
};

}  // namespace nip::bus::journal
