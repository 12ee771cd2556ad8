// What a commit costs by the kind of file under it, and what it costs to have the next one ready.
#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <array>
#include <filesystem>
#include <stdexcept>

#include "bus/journal/segment_file.hpp"

namespace {

using namespace nip;
using namespace nip::bus::journal;

constexpr std::uint64_t segment_bytes = 64u << 20;
/// Enough for the commits of a run; made anew for each of them.
constexpr std::uint64_t commits_bytes = 16u << 20;

void check(const status& done) {
  if (!done) throw std::runtime_error(done.error().detail);
}

/// A folder in the working directory, gone afterwards.
class bench_folder {
 public:
  bench_folder() : path_((std::filesystem::current_path() / "segment-bench-XXXXXX").string()) {
    if (::mkdtemp(path_.data()) == nullptr) std::abort();
  }
  ~bench_folder() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

enum class kind : std::int64_t { growing, reserved, zeroed, recycled };

segment_header header_of(std::uint64_t number, std::uint64_t bytes = segment_bytes) {
  return {.journal_id = 1, .segment = number, .bytes = bytes, .first_seq = 1, .created = {}};
}

/// Overwrites all of it, as a journal that was there before has.
void wear(file& target, std::uint64_t bytes) {
  const std::vector<std::byte> old(1u << 20, std::byte{0x5a});
  for (std::uint64_t at = 0; at < bytes; at += old.size()) {
    check(target.write(at, byte_span(old)));
    check(target.datasync());
  }
}

std::unique_ptr<file> make_file(posix_file_system& files, const std::string& folder, kind how) {
  const std::string path = path_in(folder, "one");
  if (how == kind::zeroed || how == kind::recycled) {
    auto made = make_segment(files, folder, header_of(1, commits_bytes)).value();
    if (how == kind::recycled) wear(*made.handle, commits_bytes);
    return std::move(made.handle);
  }
  auto made = files.open(path, open_mode::create).value();
  if (how == kind::reserved) check(made->preallocate(commits_bytes));
  check(made->datasync());
  return made;
}

/// One commit: some bytes behind the last ones, and fdatasync.
void commit(benchmark::State& state) {
  const bench_folder folder;
  posix_file_system files;
  const auto how = static_cast<kind>(state.range(0));
  const std::vector<std::byte> batch(static_cast<std::size_t>(state.range(1)), std::byte{0x33});
  auto target = make_file(files, folder.path(), how);
  std::uint64_t at = segment_header_bytes;
  for (auto _ : state) {
    if (at + batch.size() > commits_bytes) {
      state.PauseTiming();
      target = make_file(files, folder.path(), how);
      at = segment_header_bytes;
      state.ResumeTiming();
    }
    check(target->write(at, byte_span(batch)));
    check(target->datasync());
    at += batch.size();
  }
  state.SetBytesProcessed(state.iterations() * state.range(1));
  constexpr const char* names[] = {"growing", "reserved", "zeroed", "recycled"};
  state.SetLabel(names[state.range(0)]);
}
BENCHMARK(commit)->ArgsProduct({{0, 1, 2, 3}, {704, 45'056}})->UseRealTime();

/// The next segment ready to be written to, and the oldest one gone.
void next_is_new(benchmark::State& state) {
  const bench_folder folder;
  posix_file_system files;
  std::uint64_t number = 1;
  (void)make_segment(files, folder.path(), header_of(number)).value();
  for (auto _ : state) {
    (void)make_segment(files, folder.path(), header_of(number + 1)).value();
    check(files.remove(path_in(folder.path(), segment_name(number++))));
    check(files.sync_directory(folder.path()));
  }
}
BENCHMARK(next_is_new)->UseRealTime()->Unit(benchmark::kMillisecond);

/// The oldest one becomes the next: a new header, zeros over the rest when `range(0)` says so, and
/// another name.
void next_is_recycled(benchmark::State& state) {
  const bench_folder folder;
  posix_file_system files;
  constexpr std::uint64_t piece = 1u << 20;
  std::uint64_t number = 1;
  wear(*make_segment(files, folder.path(), header_of(number)).value().handle, segment_bytes);
  for (auto _ : state) {
    const auto old = path_in(folder.path(), segment_name(number++));
    const auto unfinished = path_in(folder.path(), "unfinished.tmp");
    check(files.rename(old, unfinished));
    auto target = files.open(unfinished, open_mode::write).value();
    for (std::uint64_t at = 0; state.range(0) != 0 && at < segment_bytes; at += piece) {
      check(write_zeros(*target, at, at + piece));
      check(target->datasync());
    }
    std::array<std::byte, segment_header_bytes> page;
    encode(header_of(number), page);
    check(target->write(0, byte_span(page)));
    check(target->datasync());
    check(files.rename(unfinished, path_in(folder.path(), segment_name(number))));
    check(files.sync_directory(folder.path()));
  }
  state.SetLabel(state.range(0) != 0 ? "zeroed again" : "as it is");
}
BENCHMARK(next_is_recycled)->Arg(0)->Arg(1)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
