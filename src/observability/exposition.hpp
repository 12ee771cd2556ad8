// Writes metrics as Prometheus text format 0.0.4.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "observability/histogram.hpp"

namespace nip::observability {

enum class metric_type : std::uint8_t { counter, gauge, histogram };

struct label {
  std::string_view name;
  std::string_view value;
};
using labels = std::initializer_list<label>;

/// Collects the samples of one scrape. Each room offers `void collect(exposition&) const`, which
/// names a family and then gives its samples. A family that is named again goes on where it stood,
/// because the format wants its lines together. Names that the format forbids are bugs:
/// std::logic_error. Format: https://prometheus.io/docs/instrumenting/exposition_formats/
class exposition {
 public:
  static constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";

  /// Starts or continues a family; what follows belongs to it. Throws when `type` is not the one
  /// that the family was started with.
  void family(std::string_view name, std::string_view help, metric_type type);

  void sample(labels of, std::uint64_t value);
  void sample(labels of, std::int64_t value);
  void sample(labels of, double value);
  void sample(labels of, int value) { sample(of, std::int64_t{value}); }
  void sample(labels of, unsigned value) { sample(of, std::uint64_t{value}); }
  /// Cumulative buckets in seconds at every power of two from 1 µs to 17 s, sum and count.
  void sample(labels of, const histogram_snapshot& value);

  /// The whole text, families in the order in which they were first named.
  std::string text() const;

 private:
  struct group {
    std::string name;
    std::string header;
    std::string lines;
    metric_type type;
  };
  group& current(metric_type expected);
  void line(std::string_view suffix, labels of, const label* extra, std::string_view number);
  void number_line(labels of, std::string_view number);

  std::vector<group> groups_;
  std::size_t current_ = 0;
};

}  // namespace nip::observability
