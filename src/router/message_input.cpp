#include "router/message_input.hpp"

#include "cel/aggregate.hpp"

namespace nip::router {
namespace {

cel::environment make_environment() {
  cel::environment env;
  const cel::type text{.kind = cel::type_kind::string};
  env.object("nip.Message", {{"id", text},
                             {"type", text},
                             {"source", text},
                             {"timestamp", text},
                             {"correlation_id", text},
                             {"tenant", text},
                             {"data", {}},
                             {"metadata", {}}});
  env.variable("message", cel::object_of("nip.Message"));
  return env;
}

cel::value text_or_missing(std::string_view text, std::string_view path) {
  return text.empty() ? cel::value::failure(cel::eval_errc::no_such_key, path)
                      : cel::value::string(text);
}

}  // namespace

const cel::environment& message_environment() {
  static const cel::environment only = make_environment();
  return only;
}

cel::value message_input::resolve(const cel::path& wanted) noexcept {
  // `message` by itself is no value: the checker refuses most uses, the rest are errors.
  if (wanted.parent == cel::no_path)
    return cel::value::failure(cel::eval_errc::no_such_overload, wanted.text);
  if (wanted.parent == root_) return field(wanted.step.key, wanted.text);
  return step_down(wanted);
}

cel::value message_input::field(std::string_view name, std::string_view path) const noexcept {
  const auto& view = what_->view;
  if (name == "type") return text_or_missing(view.type, path);
  if (name == "data" && !view.data.empty()) return cel::from_json(what_->data);
  if (name == "metadata" && !view.metadata.empty()) return cel::from_json(what_->metadata);
  if (name == "source") return text_or_missing(view.source, path);
  if (name == "id") return text_or_missing(view.id.empty() ? filled_.id : view.id, path);
  if (name == "correlation_id") return text_or_missing(view.correlation_id, path);
  if (name == "timestamp")
    return text_or_missing(view.timestamp.empty() ? filled_.timestamp : view.timestamp, path);
  if (name == "tenant") return text_or_missing(filled_.tenant, path);
  return cel::value::failure(cel::eval_errc::no_such_key, path);
}

}  // namespace nip::router
