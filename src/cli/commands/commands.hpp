// The commands of `nip`: each adds itself to the command line and sets the action when it is
// chosen.
#pragma once

#include <CLI/CLI.hpp>

#include "cli/session.hpp"

namespace nip::cli {

void add_send(CLI::App& app, action& chosen);
void add_watch(CLI::App& app, action& chosen);
void add_explain(CLI::App& app, action& chosen);
void add_eval(CLI::App& app, action& chosen);
void add_rules(CLI::App& app, action& chosen);
void add_plugins(CLI::App& app, action& chosen);
void add_replay(CLI::App& app, action& chosen);
void add_dlq(CLI::App& app, action& chosen);
void add_top(CLI::App& app, action& chosen);
void add_stats(CLI::App& app, action& chosen);
void add_audit(CLI::App& app, action& chosen);
void add_doctor(CLI::App& app, action& chosen);
void add_journal(CLI::App& app, action& chosen);
void add_bench(CLI::App& app, action& chosen);

}  // namespace nip::cli
