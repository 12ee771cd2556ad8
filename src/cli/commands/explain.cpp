// `nip explain`: why a message went where it went.
#include <fmt/format.h>

#include <memory>

#include "cli/api.hpp"
#include "cli/commands/commands.hpp"
#include "cli/format.hpp"
#include "cli/table.hpp"

namespace nip::cli {
namespace {

void print_object(session& now, const nlohmann::json& value, const std::string& indent);

void print_field(session& now, const std::string& name, const nlohmann::json& value,
                 const std::string& indent) {
  const auto title = now.paint()(colour::bold, name);
  const bool nested =
      value.is_object() || (value.is_array() && !value.empty() && value.front().is_structured());
  if (!nested) {
    now.out() << fmt::format("{}{}: {}\n", indent, title,
                             one_line(text_at(nlohmann::json{{"v", value}}, "v"), 0));
    return;
  }
  now.out() << fmt::format("{}{}:\n", indent, title);
  if (value.is_object()) return print_object(now, value, indent + "  ");
  for (const auto& item : value) {
    now.out() << indent << "  -\n";
    if (item.is_object())
      print_object(now, item, indent + "    ");
    else
      print_field(now, "value", item, indent + "    ");
  }
}

void print_object(session& now, const nlohmann::json& value, const std::string& indent) {
  for (const auto& [name, field] : value.items()) print_field(now, name, field, indent);
}

outcome<exit_code> run_explain(session& now, const std::string& id) {
  NIP_TRY(client, now.connect());
  NIP_TRY(answer, call(client, {.path = fmt::format("/v4/messages/{}/explain", url_escape(id))}));
  if (now.json() || !answer.is_object())
    now.print_json(answer);
  else
    print_object(now, answer, "");
  return exit_code::ok;
}

}  // namespace

void add_explain(CLI::App& app, action& chosen) {
  auto id = std::make_shared<std::string>();
  auto* sub =
      app.add_subcommand("explain", "why a message went where it went: rules, targets, attempts");
  sub->add_option("id", *id, "the message's id")->required();
  sub->callback([id, &chosen] { chosen = [id](session& now) { return run_explain(now, *id); }; });
}

}  // namespace nip::cli
