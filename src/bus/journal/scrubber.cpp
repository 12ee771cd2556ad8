#include "bus/journal/scrubber.hpp"

#include <algorithm>
#include <array>

#include "bus/journal/repair.hpp"
#include "bus/journal/segment_file.hpp"
#include "bus/journal/survey.hpp"

namespace nip::bus::journal {
namespace {

/// Read at once: small beside what a commit waits for.
constexpr std::size_t slice_bytes = 256u << 10;
/// How soon it is looked again when every segment was read within the interval.
constexpr nanoseconds look_again = std::chrono::minutes(1);

}  // namespace

/// One segment, from its first page to its end.
struct scrubber::reading {
  reading(const reading_source& from, segment_info of, std::unique_ptr<file> opened)
      : info(std::move(of)),
        path(path_in(from.directory, segment_name(info.number))),
        source(std::move(opened)),
        walker(*source, {from.journal_id, info.number, segment_header_bytes, info.summary.data_end},
               segment_walker::bodies::read, slice_bytes) {}

  segment_info info;
  std::string path;
  std::unique_ptr<file> source;
  segment_walker walker;
  batch_census census;
  std::uint64_t at = 0;     ///< what is before it was read
  bool unreadable = false;  ///< the last damage found cannot be read at all
};

scrubber::scrubber(const reading_source& from, settings how, std::vector<damage> known)
    : from_(from), how_(how), known_(std::move(known)), damages_(known_.size()) {}
scrubber::~scrubber() = default;

nanoseconds scrubber::patience() const {
  if (how_.bytes_per_second == 0) return nanoseconds::max();
  return std::max(next_ - how_.clock->mono(), nanoseconds(0));
}

result<bool> scrubber::slice() {
  if (patience() > nanoseconds(0)) return false;
  if (now_ && !is_current()) now_.reset();
  next_ = how_.clock->mono() + look_again;
  if (!now_) NIP_CHECK(begin());
  if (!now_) return false;
  const std::uint64_t before = now_->at;
  std::vector<damage> found;
  read(found);
  const std::uint64_t bytes = now_->at - before;
  bytes_.fetch_add(bytes, std::memory_order_relaxed);
  const auto rate = static_cast<double>(how_.bytes_per_second);
  next_ = how_.clock->mono() +
          nanoseconds(static_cast<std::int64_t>(static_cast<double>(bytes) * 1e9 / rate));
  const bool news = !found.empty();
  if (auto done = news ? report(std::move(found)) : status(); !done) {
    now_.reset();
    next_ = how_.clock->mono() + look_again;
    return std::unexpected(std::move(done).error());
  }
  if (now_->at >= now_->info.summary.data_end) finish();
  return news;
}

/// Takes the first segment that was not read within the interval, if there is one.
status scrubber::begin() {
  const auto sealed = from_.segments.sealed();
  const auto now = how_.clock->mono();
  std::erase_if(read_at_, [&](const auto& each) {
    return std::ranges::none_of(sealed, [&](const auto& of) { return of.number == each.first; });
  });
  for (const segment_info& each : sealed) {
    const auto last = read_at_.find(each.number);
    if (last != read_at_.end() && now - last->second < how_.interval) continue;
    NIP_TRY(source, segment_view(from_, each).open());
    now_ = std::make_unique<reading>(from_, each, std::move(source));
    return {};
  }
  return {};
}

/// Retention may have removed it meanwhile, or put a smaller file there.
bool scrubber::is_current() const {
  const segment_info& of = now_->info;
  return std::ranges::any_of(from_.segments.sealed(), [&](const segment_info& each) {
    return each.number == of.number && each.bytes == of.bytes && each.carried == of.carried &&
           each.summary.data_end == of.summary.data_end;
  });
}

void scrubber::finish() {
  read_at_[now_->info.number] = how_.clock->mono();
  segments_.fetch_add(1, std::memory_order_relaxed);
  now_.reset();
}

/// A piece of the segment. What cannot be read at all is damage too.
void scrubber::read(std::vector<damage>& found) {
  reading& now = *now_;
  const std::uint64_t end = now.info.summary.data_end;
  if (now.at == 0) {
    std::array<std::byte, segment_header_bytes> page{};
    const auto got = now.source->read(0, page);
    const auto header = got ? decode_segment_header(byte_span(page).first(*got))
                            : result<segment_header>(std::unexpected(got.error()));
    now.at = segment_header_bytes;
    if (!header) add(0, segment_header_bytes, header.error().detail, found);
  }
  const std::uint64_t enough = std::min<std::uint64_t>(end, now.at + slice_bytes);
  while (now.at < enough) {
    auto step = now.walker.next();
    if (step) {
      look_at(*step, found);
      continue;
    }
    const auto before = found.size();
    add(now.at, end, step.error().detail + "; the file was not read any further", found);
    now.unreadable = found.size() > before;
    now.at = end;
  }
}

void scrubber::look_at(const walk_step& step, std::vector<damage>& found) {
  reading& now = *now_;
  if (step.what == walk_step::kind::end) {
    add(now.at, now.info.summary.data_end, "zeros where records were synced", found);
    now.at = now.info.summary.data_end;
    return;
  }
  if (step.what == walk_step::kind::gap)
    add(step.offset, step.offset + step.bytes, "bytes that are no batch where records were synced",
        found);
  else
    for (auto& range : now.census.check(step))
      add(range.begin, range.end, std::move(range.reason), found);
  now.at = step.offset + step.bytes;
}

void scrubber::add(std::uint64_t begin, std::uint64_t end, std::string reason,
                   std::vector<damage>& found) {
  damage one{now_->path, begin, end - begin, std::move(reason)};
  if (!is_known(one)) found.push_back(std::move(one));
}

bool scrubber::is_known(const damage& one) const {
  if (known_.size() >= damages_max) return true;
  return std::ranges::any_of(known_, [&](const damage& each) {
    return each.file == one.file && each.offset <= one.offset &&
           each.offset + each.bytes >= one.offset + one.bytes;
  });
}

/// Marked first: nothing may be made of the segment, or taken from it, that passes for the whole.
status scrubber::report(std::vector<damage> found) {
  const segment_info& of = now_->info;
  from_.segments.note_damage(of.number);
  // Of what cannot be read there is no copy, and no other table: the one that is there still helps.
  const std::size_t unreadable = now_->unreadable ? 1 : 0;
  if (of.table && unreadable == 0) from_.segments.distrust_table(*of.table);
  auto kept =
      keep_copies(from_.files, from_.directory, std::span(found).first(found.size() - unreadable));
  std::vector<damage> told;
  std::function<void(const damage&)> hears;
  {
    std::lock_guard lock(mutex_);
    std::ranges::copy(found, std::back_inserter(untold_));
    hears = hears_;
    if (hears) told.swap(untold_);
  }
  damages_.fetch_add(found.size(), std::memory_order_relaxed);
  std::ranges::move(found, std::back_inserter(known_));
  for (const damage& each : told) hears(each);
  return kept;
}

void scrubber::on_damage(std::function<void(const damage&)> hears) {
  std::vector<damage> told;
  {
    std::lock_guard lock(mutex_);
    hears_ = hears;
    told.swap(untold_);
  }
  for (const damage& each : told) hears(each);
}

}  // namespace nip::bus::journal
