#include "common/config/load.h"

#include <algorithm>
#include <cstring>

#include <unistd.h>

#include "common/config/apply.h"
#include "common/config/load_files.h"
#include "common/config/load_yaml.h"
#include "common/config/names.h"
#include "common/config/validate.h"

namespace loka::config {

namespace {

Result<std::string, Fault> read_secret_file(const std::string& path) {
  auto file = read_file(path, kSecretFileBytesMax);
  if (!file) return Error(Fault{path + ' ' + file.error().what, "name a file that we may read"});
  std::string secret = std::move(file->text);
  if (secret.ends_with('\n')) secret.pop_back();
  if (secret.ends_with('\r')) secret.pop_back();
  if (secret.empty()) return Error(Fault{path + " is empty", "write the secret into it"});
  return secret;
}

Result<std::string, Fault> refuse_secret_files(const std::string&) {
  return Error(Fault{"a file cannot be named here", "write the value itself"});
}

void apply_text(std::string_view text, const std::string& name, Layer layer, Applier& applier,
                Problems& problems) {
  layer.root = read_yaml(text, name, problems);
  applier.apply(layer);
}

void apply_file(const std::string& path, bool may_be_absent, Applier& applier, Problems& problems) {
  const auto file = read_file(path, kFileBytesMax);
  if (!file) {
    if (file.error().is_absent && may_be_absent) return;
    add_problem(problems, {path, 0, 0, "", file.error().what,
                           file.error().is_absent ? "create it, or name another with --config"
                                                  : "mend the file or its mode"});
    return;
  }
  Layer layer;
  layer.others_may_read = file->others_may_read;
  layer.directory = directory_of(path);
  apply_text(file->text, path, std::move(layer), applier, problems);
}

void apply_drop_ins(const std::string& file, Applier& applier, Problems& problems) {
  const auto paths = list_drop_ins(directory_of(file), kDropInsMax);
  if (paths.size() > kDropInsMax) {
    add_problem(problems,
                {directory_of(file) + "/conf.d", 0, 0, "",
                 "more than " + std::to_string(kDropInsMax) + " files", "merge some of them"});
    return;
  }
  for (const std::string& path : paths) apply_file(path, false, applier, problems);
}

void apply_env_file(const std::string& path, Applier& applier, Problems& problems) {
  const auto file = read_file(path, kFileBytesMax);
  if (!file) {
    add_problem(problems, {path, 0, 0, "", file.error().what, "name another with --env-file"});
    return;
  }
  Layer layer;
  layer.kind = LayerKind::kNames;
  layer.others_may_read = file->others_may_read;
  layer.directory = directory_of(path);
  layer.root = tree_of_environment(parse_env_text(file->text, path, problems), problems);
  applier.apply(layer);
}

void apply_environment(const Sources& sources, Applier& applier, Problems& problems) {
  std::vector<NamedValue> variables;
  for (const auto& [name, value] : sources.environment) {
    variables.push_back({name, value, {"environment " + name, 0, 0}});
  }
  Layer layer;
  layer.kind = LayerKind::kNames;
  layer.root = tree_of_environment(std::move(variables), problems);
  applier.apply(layer);
}

// Problems of meaning, without those of values that could not even be read.
void judge(LoadResult& result, Applier& applier) {
  applier.finish();
  for (Problem& problem : validate(result.config, result.origins)) {
    if (!applier.is_faulty(problem.key)) add_problem(result.problems, std::move(problem));
  }
}

}  // namespace

LoadResult load(const Sources& sources) {
  LoadResult result;
  const SecretReader read_secret = read_secret_file;
  Applier applier(result, read_secret);
  if (!sources.file.empty()) {
    apply_file(sources.file, sources.file_may_be_absent, applier, result.problems);
    apply_drop_ins(sources.file, applier, result.problems);
  }
  if (!sources.env_file.empty()) apply_env_file(sources.env_file, applier, result.problems);
  apply_environment(sources, applier, result.problems);
  Layer command_line;
  command_line.kind = LayerKind::kNames;
  command_line.root = tree_of_set(sources.set, result.problems);
  applier.apply(command_line);
  judge(result, applier);
  return result;
}

LoadResult load_text(std::string_view yaml, const std::string& name) {
  LoadResult result;
  const SecretReader read_secret = refuse_secret_files;
  Applier applier(result, read_secret);
  apply_text(yaml, name, {}, applier, result.problems);
  judge(result, applier);
  return result;
}

Result<Config, std::string> parse_canonical(std::string_view yaml) {
  LoadResult result;
  const SecretReader read_secret = refuse_secret_files;
  Applier applier(result, read_secret);
  apply_text(yaml, "configuration", {}, applier, result.problems);
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
