// `nip explain`: why a message went where it went.
#include <fmt/format.h>

#include <memory>

#include "cli/api.hpp"
#include "cli/commands/commands.hpp"
#include "cli/explanation.hpp"

namespace nip::cli {
namespace {

outcome<exit_code> run_explain(session& now, const std::string& id) {
  NIP_TRY(client, now.connect());
  NIP_TRY(answer, call(client, {.path = fmt::format("/v4/messages/{}/explain", url_escape(id))}));
  if (now.json() || !answer.is_object())
    now.print_json(answer);
  else
    now.out() << explanation_text(answer, now.paint());
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
