// A message into another: CEL expressions and a JSON Merge Patch over type, data and metadata.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace transform {

/// What became of a message.
struct shaped {
  enum what_t { made, dropped, failed } what = made;
  std::string text;  ///< the envelope, or why it failed
};

/// The fields of the message that go in; views.
struct source {
  std::string_view json;  ///< the whole envelope, which the expressions see as `message`
  std::string_view type;
  std::string_view data;      ///< raw JSON, may be empty
  std::string_view metadata;  ///< raw JSON object, may be empty
};

/// One config, compiled. One thread at a time.
class shaper {
 public:
  /// Throws std::invalid_argument that names the expression, the place in it and what is wrong.
  explicit shaper(std::string_view config);
  ~shaper();

  /// Order: drop_if on what came in; the merge patch; then the expressions of `set`, which all see
  /// what came in. Fails when an expression fails on this message, or yields what its place cannot
  /// hold.
  shaped apply(const source& in);

  /// What the config says about the result: publish it (or only reply), and how safely (NIP_ACK_*).
  bool publishes() const;
  std::uint32_t level() const;

 private:
  struct core;
  std::unique_ptr<core> core_;
};

}  // namespace transform
