// `nip eval --batch`: one expression a line in, one value a line out, every value with its type.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <memory>
#include <string>

#include "cel/arena.hpp"
#include "cel/functions.hpp"
#include "cli/session.hpp"

namespace nip::cli {

/// A longer line is answered with an error; what follows it goes on.
inline constexpr std::size_t eval_line_bytes_max = std::size_t{16} << 20;

/// Answers lines of the batch, one after the other; keeps its memory between them. One thread.
class batch_evaluator {
 public:
  /// The answer to line `number` (from 1), without a newline: {"value": …}, {"type": …} when the
  /// line asks for the type only, both when it asks for a typed result, or {"error": text}.
  std::string answer(std::uint64_t number, const std::string& line);

 private:
  result<std::string> evaluate(const std::string& line);
  result<std::string> run(simdjson::dom::element request);

  std::shared_ptr<const cel::function_table> functions_ =
      std::make_shared<const cel::function_table>(cel::function_table::standard());
  simdjson::dom::parser parser_;
  cel::arena bound_;
  cel::arena memory_;
};

/// Answers each line of stdin at once, until it ends. A line that makes no sense is answered with
/// an error and does not end the batch.
outcome<exit_code> run_eval_batch(session& now);

}  // namespace nip::cli
