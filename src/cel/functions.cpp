#include "cel/functions.hpp"

#include <algorithm>
#include <cassert>

namespace nip::cel {

namespace {

// Reads a signature from the left.
class signature_reader {
 public:
  explicit signature_reader(std::string_view text) : rest_(text) {}

  overload run() {
    overload made;
    made.signature = rest_;
    if (!rest_.starts_with('(')) {
      made.member = true;
      made.parameters.push_back(read_type());
      skip(".");
    }
    skip("(");
    while (!accept(")")) {
      made.parameters.push_back(read_type());
      accept(", ");
    }
    skip(" -> ");
    made.result = read_type();
    assert(rest_.empty());
    made.variables = variables_;
    return made;
  }

 private:
  bool accept(std::string_view text) {
    const bool found = rest_.starts_with(text);
    if (found) rest_.remove_prefix(text.size());
    return found;
  }
  void skip([[maybe_unused]] std::string_view text) {
    [[maybe_unused]] const bool found = accept(text);
    assert(found);
  }

  type read_type() {
    const std::size_t end = std::min(rest_.find_first_of("<>,.() "), rest_.size());
    const std::string_view word = rest_.substr(0, end);
    rest_.remove_prefix(end);
    type made = named(word);
    if (!accept("<")) return made;
    made.params.clear();
    while (!accept(">")) {
      made.params.push_back(read_type());
      accept(", ");
    }
    return made;
  }

  type named(std::string_view word) {
    if (word.size() == 1 && word[0] >= 'A' && word[0] <= 'Z') {
      const auto id = static_cast<std::uint32_t>(word[0] - 'A');
      variables_ = std::max(variables_, id + 1);
      return {.kind = type_kind::parameter, .id = id};
    }
    if (word == "dyn") return {};
    if (word == "timestamp") return {.kind = type_kind::timestamp};
    if (word == "duration") return {.kind = type_kind::duration};
    if (word == "optional") return {.kind = type_kind::optional};
    if (word == "ip") return {.kind = type_kind::ip};
    if (word == "cidr") return {.kind = type_kind::cidr};
    const auto found = type_named(word);
    assert(found);
    return found.value_or(type{});
  }

  std::string_view rest_;
  std::uint32_t variables_ = 0;
};

value declared_only(runtime&, std::span<const value>) noexcept { return no_overload(); }

std::string signature_of(const overload& o) {
  std::string text;
  for (std::size_t i = 0; i < o.parameters.size(); ++i) {
    const bool target = o.member && i == 0;
    text += i == 0 && !target ? "(" : i > (o.member ? 1U : 0U) ? ", " : "";
    text += to_text(o.parameters[i]) + (target ? ".(" : "");
  }
  return (o.parameters.empty() ? "(" : text) + ") -> " + to_text(o.result);
}

bool is_operator(std::string_view name) {
  return name.find_first_of("_@") != std::string_view::npos && name.find('.') == name.npos;
}

}  // namespace

bool function::takes(bool member, std::size_t arguments) const {
  return std::ranges::any_of(overloads, [&](const overload& o) {
    return o.member == member && o.parameters.size() == arguments;
  });
}

function_table function_table::standard() {
  function_table table;
  table.add(operator_functions());
  table.add(ordering_functions());
  table.add(aggregate_functions());
  table.add(conversion_functions());
  table.add(string_functions());
  table.add(text_list_functions());
  table.add(time_functions());
  table.add(format_functions());
  table.add(math_functions());
  table.add(encoding_functions());
  table.add(access_functions());
  table.add(optional_functions());
  table.add(network_functions());
  return table;
}

void function_table::add(std::span<const function_spec> specs) {
  for (const function_spec& spec : specs) {
    function& made = functions_[spec.name];
    made.name = spec.name;
    if (made.run == nullptr) made.run = spec.run;
    assert(made.run == spec.run);
    made.overloads.push_back(signature_reader(spec.signature).run());
  }
}

void function_table::declare(std::string_view name, std::vector<overload> overloads) {
  const std::string_view kept = keep(std::string(name));
  function& made = functions_.try_emplace(kept).first->second;
  made.name = kept;
  if (made.run == nullptr) made.run = declared_only;
  for (overload& o : overloads) {
    o.signature = keep(signature_of(o));
    made.overloads.push_back(std::move(o));
  }
}

std::string_view function_table::keep(std::string text) {
  return *texts_.emplace_back(std::make_shared<const std::string>(std::move(text)));
}

const function* function_table::find(std::string_view name) const {
  const auto found = functions_.find(name);
  return found == functions_.end() ? nullptr : &found->second;
}

std::vector<std::string_view> function_table::names(bool member) const {
  std::vector<std::string_view> found;
  for (const auto& [name, f] : functions_) {
    const bool fits =
        std::ranges::any_of(f.overloads, [&](const overload& o) { return o.member == member; });
    if (fits && !is_operator(name)) found.push_back(name);
  }
  return found;
}

value keep_string(runtime& run, std::string_view text) noexcept {
  if (!run.charge(text_cost(text.size()))) return no_cost();
  const std::string_view kept = run.memory.copy(text);
  if (kept.size() != text.size()) return no_memory();
  return value::string(kept);
}

}  // namespace nip::cel
