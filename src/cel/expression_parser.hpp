// The recursive descent behind parse(): tokens in, nodes out.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "cel/ast.hpp"
#include "cel/parser.hpp"
#include "cel/token.hpp"

namespace nip::cel {

/// Used once for one source. Not part of the room's interface; parse() is.
class parser {
 public:
  parser(std::string_view source, const syntax_limits& limits) : limits_(limits) {
    tree_.set_source(source);
  }

  result<ast> run();

 private:
  // Holds one level of the recursion while it lives.
  struct level {
    explicit level(std::uint32_t& depth) : depth_(++depth) {}
    ~level() { --depth_; }
    level(const level&) = delete;
    level& operator=(const level&) = delete;
    std::uint32_t& depth_;
  };

  const token& look(std::size_t ahead = 0) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
  }
  token take() {
    const token taken = look();
    if (at_ + 1 < tokens_.size()) ++at_;
    return taken;
  }
  bool accept(std::string_view symbol) {
    const bool found = look().is(symbol);
    if (found) take();
    return found;
  }
  status expect(std::string_view symbol);

  std::unexpected<error> refuse(std::uint32_t where, std::string_view message,
                                errc code = errc::parse) const;
  std::unexpected<error> unexpected(std::string_view wanted) const;

  // Every node is made here, so that none is deeper than the limit.
  result<node_id> add(node made);
  std::unexpected<error> too_deep(std::uint32_t where) const;
  result<node_id> call(std::string_view function, std::uint32_t position,
                       std::vector<node_id> children);

  result<node_id> expression();
  result<node_id> binary(int weakest);
  result<node_id> unary();
  result<node_id> member();
  result<node_id> suffix(node_id target);
  result<node_id> selection(node_id target);
  result<node_id> subscript(node_id target);
  result<node_id> primary();
  result<node_id> named(bool rooted);
  result<node_id> literal(bool negative);
  result<node_id> list();
  result<node_id> map();
  result<node_id> message(node type);
  status arguments(node& into);
  bool message_follows() const;
  result<node_id> chain(std::string_view function, std::uint32_t position, node_id left,
                        node_id right);

  const syntax_limits& limits_;
  ast tree_;
  std::vector<token> tokens_;
  std::vector<std::uint32_t> depths_;
  std::size_t at_ = 0;
  std::uint32_t depth_ = 0;
};

}  // namespace nip::cel
