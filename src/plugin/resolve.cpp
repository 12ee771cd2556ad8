// From settings to specs: the catalogue's other half.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/nearest.hpp"
#include "plugin/folder_catalogue.hpp"
#include "plugin/native/describe.hpp"
#include "plugin/schema.hpp"

namespace nip::plugin {

namespace {

std::string_view used_by(const settings& set) { return set.use.empty() ? set.name : set.use; }

/// "nip.yaml:12:3: plugin \"x\": ", the start of every refusal here.
std::string place(const settings& set) {
  return fmt::format("{}{}plugin \"{}\": ", set.where, set.where.empty() ? "" : ": ", set.name);
}

/// "2" and "2.0" ask for any version that goes on from there; "2.0.1" for itself.
bool satisfies(std::string_view version, std::string_view wanted) {
  return version.starts_with(wanted) &&
         (version.size() == wanted.size() || version[wanted.size()] == '.');
}

bool same(const settings& a, const settings& b) {
  return a.name == b.name && used_by(a) == used_by(b) && a.version == b.version &&
         a.enabled == b.enabled && a.level == b.level && a.config == b.config && a.runs == b.runs &&
         a.count == b.count && a.in_flight_max == b.in_flight_max && a.batch_max == b.batch_max;
}

status check_settings(const settings& set) {
  if (set.level != isolation::none)
    return fail(errc::unsupported,
                fmt::format("{}isolation \"{}\" is not available in this build; use "
                            "\"none\" for code that you trust",
                            place(set), to_string(set.level)));
  if (set.batch_max > native::batch_max_limit || set.in_flight_max > native::in_flight_max_limit)
    return fail(errc::invalid_argument,
                fmt::format("{}batch_max is at most {}, in_flight_max at most {}", place(set),
                            native::batch_max_limit, native::in_flight_max_limit));
  if (!set.config.is_object())
    return fail(errc::invalid_argument, fmt::format("{}config: expected an object, got {}",
                                                    place(set), set.config.type_name()));
  return {};
}

spec_ptr keep_or_make(spec made, const spec_map& previous) {
  const auto before = previous.find(made.set.name);
  if (before != previous.end() && before->second->code == made.code &&
      same(before->second->set, made.set))
    return before->second;
  return std::make_shared<const spec>(std::move(made));
}

/// An entry whose plugin is not there (yet) is still an entry: dropping its file in makes it whole.
spec_ptr absent(const settings& set, std::string_view suggestion, const spec_map& previous) {
  spec made;
  made.set = set;
  made.about.name = used_by(set);
  made.unusable = fmt::format("{}no file in the plugin folders holds \"{}\"{}", place(set),
                              used_by(set), suggestion);
  return keep_or_make(std::move(made), previous);
}

}  // namespace

result<spec_ptr> folder_catalogue::make_spec(const settings& set, const found& plugin,
                                             const spec_map& previous) const {
  NIP_CHECK(check_settings(set));
  const descriptor& about = *plugin.about;
  if (!set.version.empty() && !satisfies(about.version, set.version))
    return fail(errc::conflict,
                fmt::format("{}version {} is asked for, {} holds {}", place(set), set.version,
                            plugin.from->file.string(), about.version));
  if (const status valid = check_config(set.config, about.config_schema); !valid)
    return fail(valid.error().code, place(set) + valid.error().detail);
  spec made;
  made.set = set;
  made.about = about;
  made.code = plugin.from->versions.back();
  made.reloads = static_cast<std::uint32_t>(plugin.from->versions.size() - 1);
  return keep_or_make(std::move(made), previous);
}

result<spec_map> folder_catalogue::resolve(const std::vector<settings>& configured,
                                           const spec_map& previous) {
  const auto names = index();
  std::vector<std::string_view> known;
  for (const auto& [name, plugin] : names) known.push_back(name);
  spec_map specs;
  for (const settings& set : configured) {
    if (specs.contains(set.name))
      return fail(errc::conflict, place(set) + "configured twice; give one of them another name");
    const auto at = names.find(used_by(set));
    if (at == names.end()) {
      specs[set.name] = absent(set, did_you_mean(used_by(set), known), previous);
      continue;
    }
    NIP_TRY(made, make_spec(set, at->second, previous));
    specs[set.name] = made;
  }
  for (const auto& [name, plugin] : names) {
    if (specs.contains(name)) continue;
    settings defaults;
    defaults.name = name;
    auto made = make_spec(defaults, plugin, previous);
    if (made) {
      specs[name] = *made;
      continue;
    }
    // Found, but it needs a config: shown as such, and refused when something wants to run it.
    spec waiting;
    waiting.set = defaults;
    waiting.about = *plugin.about;
    waiting.code = plugin.from->versions.back();
    waiting.unusable = made.error().detail + "; configure it under plugins:";
    specs[name] = keep_or_make(std::move(waiting), previous);
  }
  return specs;
}

}  // namespace nip::plugin
