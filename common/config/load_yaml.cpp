#include "common/config/load_yaml.h"

#include <exception>
#include <istream>
#include <streambuf>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

namespace loka::config {

namespace {

// Leaves yaml-cpp's parser at the first thing that we refuse; never leaves this file.
struct Refusal : std::exception {
  Refusal(const YAML::Mark& m, std::string w, std::string how)
      : mark(m), what_text(std::move(w)), mend(std::move(how)) {}
  YAML::Mark mark;
  std::string what_text;
  std::string mend;
};

// An istream over the text without a copy of it.
struct ViewBuffer : std::streambuf {
  explicit ViewBuffer(std::string_view text) {
    char* const begin = const_cast<char*>(text.data());  // a get area is never written through
    setg(begin, begin, begin + text.size());
  }
};

// Builds the tree from the parser's events; a stack holds the containers that are still open.
class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(const std::string& source) : source_(source) {}

  [[nodiscard]] Value take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) {
      throw Refusal(mark, "a second document", "remove the line '---' and merge the two");
    }
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    if (is_key_next()) throw Refusal(mark, "a key without a name", "write key: value");
    Value value = value_at(mark, Value::Kind::kNull);
    // The mark is that of the next token, which may be lines further down.
    if (has_key_) value.place = open_.back()->members.back().place;
    place(std::move(value), mark);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw Refusal(mark, "aliases (*name) are not allowed", "write the value out");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                const std::string& text) override {
    check_tag(mark, tag);
    if (is_key_next()) {
      open_.back()->members.push_back({text, origin(mark), {}});
      has_key_ = true;
      return;
    }
    Value value = value_at(mark, Value::Kind::kScalar);
    value.text = text;
    place(std::move(value), mark);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, Value::Kind::kList);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, Value::Kind::kMapping);
  }
  void OnMapEnd() override { close(); }

 private:
  [[nodiscard]] Origin origin(const YAML::Mark& mark) const {
    return {source_, mark.line + 1, mark.column + 1};
  }
  [[nodiscard]] Value value_at(const YAML::Mark& mark, Value::Kind kind) const {
    Value value;
    value.kind = kind;
    value.place = origin(mark);
    return value;
  }
  [[nodiscard]] bool is_key_next() const {
    return !open_.empty() && open_.back()->kind == Value::Kind::kMapping && !has_key_;
  }
  static void check_tag(const YAML::Mark& mark, const std::string& tag) {
    // "?": a plain scalar, "!": a quoted one; what the standard types are called does no harm.
    if (!tag.empty() && tag != "?" && tag != "!" && !tag.starts_with("tag:yaml.org,2002:")) {
      throw Refusal(mark, "tags (!name) are not allowed", "write the plain value");
    }
  }
  // Puts a value where it belongs and returns where it stands now; that stays valid as long as its
  // container gets no sibling, which is as long as it is open.
  Value* place(Value value, const YAML::Mark& mark) {
    if (++values_ > kYamlValuesMax) {
      throw Refusal(mark, "more than " + std::to_string(kYamlValuesMax) + " values",
                    "this is no configuration of this service");
    }
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Value& parent = *open_.back();
    if (parent.kind == Value::Kind::kList) {
      parent.items.push_back(std::move(value));
      return &parent.items.back();
    }
    has_key_ = false;
    parent.members.back().value = std::move(value);
    return &parent.members.back().value;
  }
  void open(const YAML::Mark& mark, const std::string& tag, Value::Kind kind) {
    check_tag(mark, tag);
    if (is_key_next()) throw Refusal(mark, "a key that is not plain text", "write key: value");
    if (open_.size() == kYamlDepthMax) {
      throw Refusal(mark, "nested deeper than " + std::to_string(kYamlDepthMax) + " levels",
                    "no key is that deep");
    }
    open_.push_back(place(value_at(mark, kind), mark));
    has_key_ = false;
  }
  void close() {
    open_.pop_back();
    has_key_ = false;
  }

  const std::string& source_;
  Value root_;
  std::vector<Value*> open_;
  bool has_key_ = false;  // of the innermost mapping: its value comes next
  size_t values_ = 0;
  int documents_ = 0;
};

// yaml-cpp takes the byte 0x04 for the end of its input and a byte-order mark for another encoding:
// what it would not see, or see otherwise, is refused before.
bool refuse_unclean(std::string_view text, const std::string& source, Problems& problems) {
  const size_t clean = clean_prefix(text, "\t\n\r");
  if (clean == text.size()) return false;
  int line = 1;
  size_t line_begin = 0;
  for (size_t i = 0; i < clean; ++i) {
    if (text[i] != '\n') continue;
    ++line;
    line_begin = i + 1;
  }
  add_problem(problems, {source, line, static_cast<int>(clean - line_begin) + 1, "",
                         "a control character, or bytes that are not UTF-8",
                         "save the file as plain UTF-8 text"});
  return true;
}

// The commonest mistake has the least helpful message of yaml-cpp.
bool is_indented_by_tab(std::string_view text, int line) {
  size_t begin = 0;
  for (int i = 0; i < line && begin != std::string_view::npos; ++i) {
    begin = text.find('\n', begin);
    if (begin != std::string_view::npos) ++begin;
  }
  if (begin == std::string_view::npos) return false;
  const size_t end = text.find_first_not_of(" \t", begin);
  return text.substr(begin, end - begin).find('\t') != std::string_view::npos;
}

void report(const std::string& source, const YAML::Mark& mark, std::string what, std::string mend,
            Problems& problems) {
  const bool has_place = !mark.is_null();
  add_problem(problems, {source, has_place ? mark.line + 1 : 0, has_place ? mark.column + 1 : 0, "",
                         std::move(what), std::move(mend)});
}

}  // namespace

Value read_yaml(std::string_view text, const std::string& source, Problems& problems) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  if (refuse_unclean(text, source, problems)) return {};
  // yaml-cpp takes the end of the input for the end of a quoted text that was never closed, and
  // with it everything that follows the quote. A document's end inside of quotes it does refuse.
  std::string closed(text);
  closed += "\n...\n";
  ViewBuffer buffer(closed);
  std::istream stream(&buffer);
  TreeBuilder builder(source);
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
    return builder.take();
  } catch (const Refusal& refusal) {
    report(source, refusal.mark, refusal.what_text, refusal.mend, problems);
  } catch (const YAML::Exception& error) {
    report(source, error.mark, "not YAML: " + error.msg,
           is_indented_by_tab(text, error.mark.line)
               ? "indent with blanks; YAML does not take tabs"
               : "look for indentation, quotes and brackets here or just above",
           problems);
  } catch (const std::exception& error) {
    report(source, YAML::Mark::null_mark(), std::string("cannot be read: ") + error.what(),
           "simplify the file", problems);
  }
  return {};
}

}  // namespace loka::config
