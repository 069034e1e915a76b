#include "common/config/load.h"

#include <utility>

#include <unistd.h>

#include "common/config/apply.h"
#include "common/config/load_files.h"
#include "common/config/load_yaml.h"
#include "common/config/names.h"
#include "common/config/validate.h"

namespace loka::config {

namespace {

Result<FileText, Fault> read_secret_file(const std::string& path) {
  auto file = read_file(path, kSecretFileBytesMax);
  if (!file) return Error(Fault{path + ' ' + file.error().what, "name a file that we may read"});
  std::string& secret = file->text;
  if (secret.ends_with('\n')) secret.pop_back();
  if (secret.ends_with('\r')) secret.pop_back();
  if (secret.empty()) return Error(Fault{path + " is empty", "write the secret into it"});
  return std::move(*file);
}

Result<std::string, Fault> refuse_secret_files(const std::string&) {
  return Error(Fault{"a file cannot be named here", "write the value itself"});
}

// One load: reads source after source and applies it to the result.
class Loader {
 public:
  explicit Loader(SecretReader read_secret)
      : read_secret_(std::move(read_secret)), applier_(result_, read_secret_) {}
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  void text(std::string_view yaml, const std::string& name, Layer layer = {}) {
    const size_t before = problems().size();
    layer.root = read_yaml(yaml, name, problems());
    if (problems().size() > before) has_all_sources_ = false;
    applier_.apply(layer);
  }

  void file(const std::string& path, bool may_be_absent) {
    const auto file = read_file(path, kFileBytesMax);
    if (!file) {
      if (file.error().is_absent && may_be_absent) return;
      cannot_read(path, file.error(),
                  file.error().is_absent ? "create it, or name another with --config"
                                         : "mend the file or its mode");
      return;
    }
    Layer layer;
    layer.others_may_read = file->others_may_read;
    layer.directory = directory_of(path);
    text(file->text, path, std::move(layer));
  }

  void drop_ins(const std::string& main_file) {
    const std::string directory = directory_of(main_file);
    const auto paths = list_drop_ins(directory, kDropInsMax);
    if (paths.size() > kDropInsMax) {
      add_problem(problems(),
                  {directory + "/conf.d", 0, 0, "",
                   "more than " + std::to_string(kDropInsMax) + " files", "merge some of them"});
      has_all_sources_ = false;
      return;
    }
    for (const std::string& path : paths) file(path, false);
  }

  void env_file(const std::string& path) {
    const auto file = read_file(path, kFileBytesMax);
    if (!file) {
      cannot_read(path, file.error(), "name another with --env-file");
      return;
    }
    Layer layer;
    layer.others_may_read = file->others_may_read;
    layer.directory = directory_of(path);
    names(tree_of_environment(parse_env_text(file->text, path, problems()), problems()),
          std::move(layer));
  }

  void environment(const std::vector<std::pair<std::string, std::string>>& environment) {
    std::vector<NamedValue> variables;
    for (const auto& [name, value] : environment) {
      variables.push_back({name, value, {"environment " + name, 0, 0}});
    }
    names(tree_of_environment(std::move(variables), problems()));
  }

  void command_line(const std::vector<std::string>& assignments) {
    names(tree_of_set(assignments, problems()));
  }

  // Adds what validate() finds, without what could not even be read. Nothing if a whole source is
  // missing: most of what could be said would be its absence.
  [[nodiscard]] LoadResult take_validated() {
    applier_.finish();
    if (has_all_sources_) {
      for (Problem& problem : validate(result_.config, result_.origins)) {
        if (!applier_.is_faulty(problem.key)) add_problem(problems(), std::move(problem));
      }
    }
    return std::move(result_);
  }

  [[nodiscard]] LoadResult take() {
    applier_.finish();
    return std::move(result_);
  }

 private:
  [[nodiscard]] Problems& problems() { return result_.problems; }

  void names(Value root, Layer layer = {}) {
    layer.kind = LayerKind::kNames;
    layer.root = std::move(root);
    applier_.apply(layer);
  }

  void cannot_read(const std::string& path, const FileFailure& failure, std::string mend) {
    add_problem(problems(), {path, 0, 0, "", failure.what, std::move(mend)});
    has_all_sources_ = false;
  }

  LoadResult result_;
  SecretReader read_secret_;
  Applier applier_;
  bool has_all_sources_ = true;
};

}  // namespace

LoadResult load(const Sources& sources) {
  Problems exposed;  // secret files that others may read: warned of like a password in such a file
  Loader loader([&exposed](const std::string& path) {
    auto secret = read_secret_file(path);
    if (!secret) return Result<std::string, Fault>(Error(std::move(secret.error())));
    if (secret->others_may_read) {
      add_problem(exposed, {path, 0, 0, "", "a secret in a file that others may read",
                            "chmod o-r the file", true});
    }
    return Result<std::string, Fault>(std::move(secret->text));
  });
  if (!sources.file.empty()) {
    loader.file(sources.file, sources.file_may_be_absent);
    loader.drop_ins(sources.file);
  }
  if (!sources.env_file.empty()) loader.env_file(sources.env_file);
  loader.environment(sources.environment);
  loader.command_line(sources.set);
  LoadResult result = loader.take_validated();
  for (Problem& problem : exposed) add_problem(result.problems, std::move(problem));
  return result;
}

LoadResult load_text(std::string_view yaml, const std::string& name) {
  Loader loader(refuse_secret_files);
  loader.text(yaml, name);
  return loader.take_validated();
}

Result<Config, std::string> parse_canonical(std::string_view yaml) {
  Loader loader(refuse_secret_files);
  loader.text(yaml, "configuration");
  LoadResult result = loader.take();
  if (!result.problems.empty()) return Error(result.problems.front().text());
  return std::move(result.config);
}

std::vector<std::pair<std::string, std::string>> process_environment() {
  std::vector<std::pair<std::string, std::string>> out;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    out.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return out;
}

}  // namespace loka::config
