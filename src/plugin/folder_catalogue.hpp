// The catalogue of plugin libraries in folders.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "plugin/catalogue.hpp"
#include "plugin/native/library.hpp"

namespace nip::plugin {

constexpr std::size_t folder_files_max =
    1024;  // libraries looked at in one folder; more are a problem

/// See catalogue. Keeps every library that it ever loaded: their code stays in the process anyway.
class folder_catalogue final : public catalogue {
 public:
  explicit folder_catalogue(options chosen) : options_(std::move(chosen)) {}

  void scan() override;
  std::vector<problem> problems() const override;
  result<spec_map> resolve(const std::vector<settings>& configured,
                           const spec_map& previous) override;
  status reload(std::string_view name) override;

 private:
  /// What tells one version of a file from the next without reading it.
  struct stamp {
    std::uintmax_t size = 0;
    std::int64_t changed_ns = 0;
    std::uint64_t inode = 0;
    bool operator==(const stamp&) const = default;
  };
  struct entry {
    std::filesystem::path file;
    stamp seen{};
    std::vector<std::shared_ptr<const library>> versions{};  // oldest first, the last one in force
    std::uint32_t mapped = 0;  // loads that left code in the process, refused ones included
    std::string problem{};
    bool present = false;  // in the folder at the last scan
  };
  /// One plugin in a library that is in force.
  struct found {
    const entry* from;
    const descriptor* about;
  };

  void scan_folder(const std::filesystem::path& folder);
  void look_at(const std::filesystem::path& file);
  status load(entry& it);
  std::map<std::string, found, std::less<>> index() const;
  result<spec_ptr> make_spec(const settings& set, const found& plugin,
                             const spec_map& previous) const;

  options options_;
  std::vector<std::unique_ptr<entry>> entries_;  // in the order of search
  std::vector<problem> folder_problems_;
};

}  // namespace nip::plugin
