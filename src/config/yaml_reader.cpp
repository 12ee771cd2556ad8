#include "config/yaml_reader.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <sstream>
#include <unordered_map>
#include <unordered_set>

#include "cel/utf8.hpp"
#include "config/problems.hpp"

namespace nip::config {
namespace {

/// Leaves the parser from inside a callback; never leaves read_yaml.
struct refusal {
  errc code;
  place at;
  std::string message;
};

/// Builds the tree from the parser's events. Lives for one document.
class tree_builder final : public YAML::EventHandler {
 public:
  tree_builder(std::shared_ptr<const source> from, const environment& variables)
      : from_(std::move(from)), variables_(variables) {}

  node take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    finish(fresh(node_kind::null, mark), anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto known = anchors_.find(anchor);
    if (known == anchors_.end()) refuse(errc::parse, at(mark), "an alias to what contains it");
    alias_nodes_ += known->second.nodes;
    if (alias_nodes_ > alias_nodes_max)
      refuse(errc::too_large, at(mark),
             fmt::format("aliases add more than {} values", alias_nodes_max));
    nodes_ += known->second.nodes;
    node copy = known->second.value;
    copy.at = at(mark);
    finish(std::move(copy), 0);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(node_kind::list, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(node_kind::map, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  /// A list or map that is being filled.
  struct frame {
    node value;
    YAML::anchor_t anchor = 0;
    std::size_t nodes_before = 0;
    bool has_key = false;
    std::unordered_set<std::string> keys;
  };
  struct anchored {
    node value;
    std::size_t nodes = 0;
  };

  place at(const YAML::Mark& mark) const {
    return {from_, static_cast<std::uint32_t>(mark.line + 1),
            static_cast<std::uint32_t>(mark.column + 1)};
  }
  [[noreturn]] static void refuse(errc code, place where, std::string message) {
    throw refusal{code, std::move(where), std::move(message)};
  }
  bool expects_key() const {
    return !open_.empty() && open_.back().value.kind == node_kind::map && !open_.back().has_key;
  }
  node fresh(node_kind kind, const YAML::Mark& mark);
  void open(node_kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor);
  void close();
  void take_key(const std::string& key, place where);
  void finish(node done, YAML::anchor_t anchor);
  void check_tag(const std::string& tag, const place& where) const;
  /// Keeps what an alias may ask for; of what is too large only the size, which refuses the alias.
  void remember(YAML::anchor_t anchor, const node& value, std::size_t nodes) {
    anchors_[anchor] = {nodes > alias_nodes_max ? node{} : value, nodes};
  }

  std::shared_ptr<const source> from_;
  const environment& variables_;
  std::vector<frame> open_;
  std::unordered_map<YAML::anchor_t, anchored> anchors_;
  node root_;
  std::size_t nodes_ = 0;
  std::size_t alias_nodes_ = 0;
};

void tree_builder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                            const std::string& value) {
  if (expects_key()) return take_key(value, at(mark));
  node scalar = fresh(node_kind::scalar, mark);
  check_tag(tag, scalar.at);
  scalar.quoted = tag == "!" || tag == "tag:yaml.org,2002:str";
  auto expanded = expand(value, variables_);
  if (!expanded) refuse(errc::parse, scalar.at, expanded.error().detail);
  scalar.expanded = *expanded != value;
  scalar.text = *std::move(expanded);
  finish(std::move(scalar), anchor);
}

node tree_builder::fresh(node_kind kind, const YAML::Mark& mark) {
  if (++nodes_ > nodes_max)
    refuse(errc::too_large, at(mark), fmt::format("more than {} values in one file", nodes_max));
  node made;
  made.kind = kind;
  made.at = at(mark);
  return made;
}

void tree_builder::open(node_kind kind, const YAML::Mark& mark, const std::string& tag,
                        YAML::anchor_t anchor) {
  if (expects_key()) refuse(errc::parse, at(mark), "a key must be a word, not a list or a map");
  if (open_.size() >= depth_max)
    refuse(errc::too_large, at(mark), fmt::format("nested deeper than {} levels", depth_max));
  frame next;
  next.nodes_before = nodes_;
  next.value = fresh(kind, mark);
  next.anchor = anchor;
  check_tag(tag, next.value.at);
  open_.push_back(std::move(next));
}

void tree_builder::close() {
  frame done = std::move(open_.back());
  open_.pop_back();
  if (done.anchor != 0) remember(done.anchor, done.value, nodes_ - done.nodes_before);
  finish(std::move(done.value), 0);
}

void tree_builder::take_key(const std::string& key, place where) {
  frame& map = open_.back();
  if (!map.keys.insert(key).second) {
    for (const member& known : map.value.members)
      if (known.key == key)
        refuse(
            errc::parse, where,
            fmt::format("duplicate key \"{}\"; it stands in line {} already", key, known.at.line));
  }
  map.value.members.push_back({key, std::move(where), {}});
  map.has_key = true;
}

void tree_builder::finish(node done, YAML::anchor_t anchor) {
  if (anchor != 0) remember(anchor, done, 1);
  if (open_.empty()) {
    root_ = std::move(done);
    return;
  }
  frame& parent = open_.back();
  if (parent.value.kind == node_kind::list) {
    parent.value.items.push_back(std::move(done));
  } else if (parent.has_key) {
    member& last = parent.value.members.back();
    // Nothing after a key stands, for the parser, where the next line begins; people look at the
    // key.
    if (done.kind == node_kind::null) done.at = last.at;
    last.value = std::move(done);
    parent.has_key = false;
  } else {
    refuse(errc::parse, done.at, "a key must be a word");
  }
}

void tree_builder::check_tag(const std::string& tag, const place& where) const {
  if (tag.empty() || tag == "?" || tag == "!" || tag == "tag:yaml.org,2002:str") return;
  refuse(errc::parse, where, fmt::format("the YAML tag \"{}\" is not supported", tag));
}

/// Where a byte stands, for files that are not text.
place place_of(const std::shared_ptr<const source>& from, std::size_t offset) {
  place where{from, 1, 1};
  for (const char c : std::string_view(from->text).substr(0, offset)) {
    where.column = c == '\n' ? 1 : where.column + 1;
    if (c == '\n') ++where.line;
  }
  return where;
}

/// yaml-cpp takes some control characters for the end of the text, so they are refused here.
status check_text(const std::shared_ptr<const source>& from) {
  const std::string& text = from->text;
  if (text.size() > file_bytes_max)
    return fail(errc::too_large, fmt::format("{}: {} bytes, at most {} are read", from->name,
                                             text.size(), file_bytes_max));
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f)
      return fail(errc::parse, fmt::format("{}: control character 0x{:02x}; is this a text file?",
                                           place_of(from, i).text(), c));
  }
  if (!cel::is_utf8(text)) return fail(errc::parse, from->name + ": not UTF-8");
  return {};
}

}  // namespace

result<node> read_yaml(std::shared_ptr<const source> from, const environment& variables) {
  NIP_CHECK(check_text(from));
  try {
    // The end mark makes a quote that is never closed an error; without it yaml-cpp takes the rest
    // of the file for its text.
    std::istringstream in(from->text + "\n...\n");
    YAML::Parser parser(in);
    tree_builder builder(from, variables);
    const bool any = parser.HandleNextDocument(builder);
    node root = any ? builder.take() : node{};
    if (any && parser.HandleNextDocument(builder))
      return fail(errc::parse,
                  from->name + ": several documents; a file holds one, so drop the \"---\"");
    if (root.kind == node_kind::null) root.kind = node_kind::map;
    if (!root.at.in) root.at = {from, 1, 1};
    return root;
  } catch (const refusal& refused) {
    return fail(refused.code, describe(refused.at, refused.message));
  } catch (const YAML::Exception& wrong) {
    const place where{from, static_cast<std::uint32_t>(wrong.mark.line + 1),
                      static_cast<std::uint32_t>(wrong.mark.column + 1)};
    const bool open_quote = wrong.msg == YAML::ErrorMsg::DOC_IN_SCALAR;
    return fail(
        errc::parse,
        describe(where, "not valid YAML: " + (open_quote ? "a quote is not closed" : wrong.msg)));
  }
}

}  // namespace nip::config
