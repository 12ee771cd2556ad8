#include "plugin/folder_catalogue.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/nearest.hpp"

namespace nip::plugin {

namespace {

/// Only whole libraries: what is being copied has a hidden or another name.
bool is_candidate(const std::filesystem::path& file) {
  const std::string name = file.filename().string();
  return !name.starts_with('.') && file.extension() == ".so";
}

}  // namespace

void folder_catalogue::scan() {
  folder_problems_.clear();
  for (const auto& it : entries_) it->present = false;
  for (const auto& folder : options_.directories) scan_folder(folder);
}

void folder_catalogue::scan_folder(const std::filesystem::path& folder) {
  std::error_code failed;
  if (!std::filesystem::exists(folder, failed))
    return;  // folders are optional; the watch waits for them
  std::vector<std::filesystem::path> files;
  for (std::filesystem::directory_iterator at(folder, failed), end; !failed && at != end;
       at.increment(failed))
    if (is_candidate(at->path())) files.push_back(at->path());
  if (failed)
    folder_problems_.push_back({folder, fmt::format("cannot be read: {}", failed.message())});
  std::sort(files.begin(), files.end());
  if (files.size() > folder_files_max) {
    folder_problems_.push_back(
        {folder, fmt::format("holds {} libraries, only the first {} by name are "
                             "looked at",
                             files.size(), folder_files_max)});
    files.resize(folder_files_max);
  }
  for (const auto& file : files) look_at(file);
}

void folder_catalogue::look_at(const std::filesystem::path& file) {
  struct stat about{};
  if (::stat(file.c_str(), &about) != 0) return;  // gone between the listing and now
  const stamp now{static_cast<std::uintmax_t>(about.st_size),
                  about.st_mtim.tv_sec * 1'000'000'000 + about.st_mtim.tv_nsec, about.st_ino};
  auto at = std::find_if(entries_.begin(), entries_.end(),
                         [&](const auto& known) { return known->file == file; });
  if (at == entries_.end())
    at = entries_.insert(entries_.end(), std::make_unique<entry>(entry{.file = file}));
  entry& it = **at;
  it.present = true;
  if (it.seen == now) return;
  it.seen = now;
  const status loaded = load(it);
  it.problem = loaded ? std::string() : loaded.error().detail;
}

status folder_catalogue::load(entry& it) {
  if (it.mapped >= options_.libraries_kept_max)
    return fail(
        errc::exhausted,
        fmt::format(
            "{} versions of it are loaded already (libraries_kept_max: {}) and code is never "
            "unloaded; restart nipd to load the newest",
            it.mapped, options_.libraries_kept_max));
  bool mapped = false;
  auto loaded = library::load(it.file, mapped);
  it.mapped += mapped ? 1 : 0;
  if (!loaded) return std::unexpected(std::move(loaded).error());
  it.versions.push_back(*std::move(loaded));
  return {};
}

std::map<std::string, folder_catalogue::found, std::less<>> folder_catalogue::index() const {
  std::map<std::string, found, std::less<>> names;
  for (const auto& folder : options_.directories)
    for (const auto& it : entries_) {
      if (!it->present || it->versions.empty() || it->file.parent_path() != folder) continue;
      for (const descriptor& about : it->versions.back()->plugins())
        names.try_emplace(about.name, found{it.get(), &about});
    }
  return names;
}

std::vector<problem> folder_catalogue::problems() const {
  std::vector<problem> all = folder_problems_;
  const auto names = index();
  for (const auto& it : entries_) {
    if (!it->present) continue;
    if (!it->problem.empty())
      all.push_back({it->file, it->versions.empty()
                                   ? it->problem
                                   : it->problem + "; the version before it stays in force"});
    if (it->versions.empty()) continue;
    for (const descriptor& about : it->versions.back()->plugins())
      if (const auto& first = names.at(about.name); first.from != it.get())
        all.push_back({it->file, fmt::format("its plugin \"{}\" is hidden by the one in {}",
                                             about.name, first.from->file.string())});
  }
  return all;
}

status folder_catalogue::reload(std::string_view name) {
  const auto names = index();
  const auto at = names.find(name);
  if (at == names.end())
    return fail(errc::not_found, fmt::format("no plugin file holds \"{}\"", name));
  const auto it = std::find_if(entries_.begin(), entries_.end(),
                               [&](const auto& known) { return known.get() == at->second.from; });
  return load(**it);
}

result<std::unique_ptr<catalogue>> open_catalogue(options chosen) {
  auto made = std::make_unique<folder_catalogue>(std::move(chosen));
  made->scan();
  return made;
}

}  // namespace nip::plugin
