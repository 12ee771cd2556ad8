// A strict reader of Prometheus text format 0.0.4, for tests of what we write.
#pragma once

#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace nip::observability {

struct read_family {
  std::string type;
  std::string help;
};
struct read_sample {
  std::string name;
  std::map<std::string, std::string> labels;
  double value = 0;
};
/// `problem` is empty when the text keeps every rule of the format.
struct read_page {
  std::map<std::string, read_family> families;
  std::vector<read_sample> samples;
  std::string problem;
};

/// Reads line by line; the first broken rule ends it.
class exposition_reader {
 public:
  read_page read(std::string_view text) {
    while (!text.empty() && page_.problem.empty()) {
      const std::size_t end = text.find('\n');
      if (end == std::string_view::npos) return refuse("the last line has no end"), page_;
      line(std::string(text.substr(0, end)));
      text.remove_prefix(end + 1);
    }
    if (page_.problem.empty()) check_histograms();
    return page_;
  }

 private:
  void refuse(const std::string& why) {
    if (page_.problem.empty()) page_.problem = why;
  }

  void line(const std::string& text) {
    if (text.starts_with("# HELP ")) return help(text.substr(7));
    if (text.starts_with("# TYPE ")) return type(text.substr(7));
    if (text.empty() || text[0] == '#') return refuse("neither sample nor comment: " + text);
    sample(text);
  }

  void help(const std::string& rest) {
    const std::size_t space = rest.find(' ');
    if (space == std::string::npos) return refuse("HELP without text: " + rest);
    read_family& family = page_.families[rest.substr(0, space)];
    if (!family.help.empty() || !family.type.empty()) return refuse("second HELP: " + rest);
    for (std::size_t i = space + 1; i < rest.size(); ++i) {
      if (rest[i] != '\\') {
        family.help += rest[i];
      } else if (++i < rest.size() && (rest[i] == '\\' || rest[i] == 'n')) {
        family.help += rest[i] == 'n' ? '\n' : '\\';
      } else {
        return refuse("unknown escape in HELP: " + rest);
      }
    }
  }

  void type(const std::string& rest) {
    const std::size_t space = rest.find(' ');
    const std::string kind = space == std::string::npos ? "" : rest.substr(space + 1);
    if (kind != "counter" && kind != "gauge" && kind != "histogram")
      return refuse("unknown TYPE: " + rest);
    read_family& family = page_.families[rest.substr(0, space)];
    if (!family.type.empty()) return refuse("second TYPE: " + rest);
    family.type = kind;
  }

  void sample(const std::string& text) {
    read_sample found;
    std::size_t at = text.find_first_of("{ ");
    found.name = text.substr(0, at);
    if (at == std::string::npos) return refuse("no value: " + text);
    if (text[at] == '{' && !labels(text, at, found)) return refuse("bad labels: " + text);
    if (at >= text.size() || text[at] != ' ') return refuse("no space before the value: " + text);
    char* end = nullptr;
    found.value = std::strtod(text.c_str() + at + 1, &end);
    if (end == text.c_str() + at + 1 || *end != '\0') return refuse("not a number: " + text);
    keep(std::move(found), text);
  }

  static bool labels(const std::string& text, std::size_t& at, read_sample& out) {
    ++at;
    while (at < text.size()) {
      const std::size_t equals = text.find("=\"", at);
      if (equals == std::string::npos) return false;
      const std::string name = text.substr(at, equals - at);
      std::string value;
      for (at = equals + 2; at < text.size() && text[at] != '"'; ++at) {
        if (text[at] != '\\') {
          value += text[at];
          continue;
        }
        if (++at >= text.size()) return false;
        if (text[at] != 'n' && text[at] != '"' && text[at] != '\\') return false;
        value += text[at] == 'n' ? '\n' : text[at];
      }
      if (++at >= text.size() || !out.labels.emplace(name, value).second) return false;
      if (text[at] == '}') return ++at, true;
      if (text[at++] != ',') return false;
    }
    return false;
  }

  void keep(read_sample found, const std::string& text) {
    const std::string family = family_of(found.name);
    if (family.empty()) return refuse("no TYPE before: " + text);
    if (family != last_family_ && !seen_families_.insert(family).second)
      return refuse("family torn apart: " + text);
    last_family_ = family;
    std::string series = found.name;
    for (const auto& [name, value] : found.labels) series += '\0' + name + '\0' + value;
    if (!seen_series_.insert(series).second) return refuse("same series twice: " + text);
    page_.samples.push_back(std::move(found));
  }

  std::string family_of(const std::string& name) const {
    const auto known = page_.families.find(name);
    if (known != page_.families.end() && known->second.type != "histogram") return name;
    for (const std::string_view suffix : {"_bucket", "_sum", "_count"}) {
      if (!name.ends_with(suffix)) continue;
      const auto base = page_.families.find(name.substr(0, name.size() - suffix.size()));
      if (base != page_.families.end() && base->second.type == "histogram") return base->first;
    }
    return "";
  }

  /// Buckets rise, end with +Inf, and the last one equals _count.
  void check_histograms() {
    double last = 0;
    std::string le;
    for (const read_sample& each : page_.samples) {
      if (each.name.ends_with("_bucket")) {
        if (le == "+Inf") last = 0;
        le = each.labels.contains("le") ? each.labels.at("le") : "";
        if (le.empty() || each.value < last) return refuse("buckets of " + each.name);
        last = each.value;
      } else if (page_.families.contains(family_of(each.name)) && each.name.ends_with("_count") &&
                 page_.families.at(family_of(each.name)).type == "histogram") {
        if (le != "+Inf" || each.value != last) return refuse("count of " + each.name);
      }
    }
  }

  read_page page_;
  std::string last_family_;
  std::set<std::string> seen_families_;
  std::set<std::string> seen_series_;
};

inline read_page read_exposition(std::string_view text) { return exposition_reader().read(text); }

}  // namespace nip::observability
