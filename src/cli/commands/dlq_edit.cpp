#include "cli/commands/dlq_edit.hpp"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "cli/api.hpp"
#include "cli/commands/input.hpp"
#include "cli/format.hpp"

namespace nip::cli {
namespace {

/// A file of our own that only we can read, gone at the end.
class scratch_file {
 public:
  static outcome<scratch_file> make(const std::string& text) {
    auto path = (std::filesystem::temp_directory_path() / "nip-dlq-XXXXXX.json").string();
    constexpr int suffix_bytes = 5;
    const int descriptor = ::mkstemps(path.data(), suffix_bytes);
    if (descriptor < 0)
      return stop(exit_code::failed,
                  fmt::format("cannot make the file {}: {}", path, std::strerror(errno)));
    ::close(descriptor);
    scratch_file made(path);
    std::ofstream(path) << text;
    return made;
  }
  scratch_file(scratch_file&& from) noexcept : path_(std::exchange(from.path_, {})) {}
  ~scratch_file() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove(path_, ignored);
  }
  const std::string& path() const { return path_; }
  std::string text() const {
    std::ifstream file(path_);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

 private:
  explicit scratch_file(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

std::string editor() {
  for (const char* name : {"VISUAL", "EDITOR"})
    if (const char* set = std::getenv(name); set && *set) return set;
  return "vi";
}

/// Runs the editor as a shell would ("code --wait" has an argument).
outcome<exit_code> run_editor(const std::string& path) {
  const auto program = editor();
  const pid_t child = ::fork();
  if (child < 0) return stop(exit_code::failed, "cannot start an editor");
  if (child == 0) {
    const auto line = program + " \"$1\"";
    ::execl("/bin/sh", "sh", "-c", line.c_str(), "nip", path.c_str(), nullptr);
    std::_Exit(127);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return exit_code::ok;
  return stop(exit_code::failed,
              fmt::format("the editor \"{}\" did not end well; nothing is sent (set $EDITOR, or "
                          "give --patch)",
                          program));
}

outcome<nlohmann::json> edited(http_client& client, std::uint64_t seq) {
  NIP_TRY(letter, call(client, {.path = fmt::format("/v4/dead-letters/{}", seq)}));
  const auto& message = value_at(letter, "message");
  if (!message.is_object())
    return stop(exit_code::failed,
                fmt::format("dead letter {} has no stored message to edit", seq));
  nlohmann::json before = {{"data", value_at(message, "data")},
                           {"metadata", value_at(message, "metadata")}};
  if (before["metadata"].is_null()) before["metadata"] = nlohmann::json::object();
  NIP_TRY(file, scratch_file::make(pretty(before) + "\n"));
  NIP_TRY(ended, run_editor(file.path()));
  static_cast<void>(ended);
  const auto after = nlohmann::json::parse(file.text(), nullptr, false);
  if (!after.is_object())
    return stop(exit_code::failed, "what the editor left is not a JSON object; nothing is sent");
  auto patch = merge_patch_between(before, after);
  if (patch.empty()) return stop(exit_code::failed, "nothing was changed; nothing is sent");
  return patch;
}

}  // namespace

nlohmann::json merge_patch_between(const nlohmann::json& before, const nlohmann::json& after) {
  if (!before.is_object() || !after.is_object()) return after;
  auto patch = nlohmann::json::object();
  for (const auto& [key, value] : before.items())
    if (!after.contains(key)) patch[key] = nullptr;
  for (const auto& [key, value] : after.items()) {
    if (!before.contains(key))
      patch[key] = value;
    else if (before[key] != value)
      patch[key] = merge_patch_between(before[key], value);
  }
  return patch;
}

outcome<exit_code> edit_letter(session& now, const edit_options& chosen) {
  NIP_TRY(client, now.connect());
  nlohmann::json patch;
  if (chosen.patch.empty()) {
    NIP_TRY(made, edited(client, chosen.seq));
    patch = std::move(made);
  } else {
    NIP_TRY(given, read_json(now, chosen.patch, "the patch"));
    patch = std::move(given);
  }
  nlohmann::json body = {{"message", std::move(patch)}};
  if (!chosen.redirect.empty()) body["redirect"] = chosen.redirect;
  if (chosen.force) body["force"] = true;
  NIP_TRY(answer,
          call(client,
               json_request("POST", fmt::format("/v4/dead-letters/{}:redrive", chosen.seq), body)));
  if (now.json()) {
    now.print_json(answer);
  } else {
    for (const auto& each : value_at(answer, "items"))
      now.out() << fmt::format("sent as seq {}, id {}\n", text_at(each, "new_seq"),
                               text_at(each, "redriven_as"));
    for (const auto& each : value_at(answer, "skipped"))
      now.err() << fmt::format("seq {}: {}\n", text_at(each, "seq"), text_at(each, "why"));
  }
  return number_at(answer, "redriven") > 0 ? exit_code::ok : exit_code::failed;
}

}  // namespace nip::cli
