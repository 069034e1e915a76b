#include "tools/lokactl/table.h"

#include <algorithm>

#include "common/base/check.h"
#include "tools/lokactl/human.h"

namespace loka::lokactl {

namespace {

std::string_view escape(Paint paint) {
  switch (paint) {
    case Paint::kPlain:
      return "";
    case Paint::kBold:
      return "\x1b[1m";
    case Paint::kFaint:
      return "\x1b[2m";
    case Paint::kGreen:
      return "\x1b[32m";
    case Paint::kYellow:
      return "\x1b[33m";
    case Paint::kRed:
      return "\x1b[1;31m";
  }
  return "";
}

void append_row(std::string& out, const std::vector<Cell>& row, const std::vector<Column>& columns,
                const std::vector<size_t>& widths, bool colours) {
  size_t blanks = 0;  // owed before the next text, so that none stand at the end of a line
  for (size_t i = 0; i < row.size(); ++i) {
    const size_t missing = widths[i] - width(row[i].text);
    if (columns[i].align == Align::kRight) blanks += missing;
    if (!row[i].text.empty()) {
      out.append(blanks, ' ');
      blanks = 0;
      out += painted(row[i].text, row[i].paint, colours);
    }
    if (columns[i].align == Align::kLeft) blanks += missing;
    blanks += 2;
  }
  out += '\n';
}

}  // namespace

std::string painted(std::string_view text, Paint paint, bool colours) {
  if (!colours || paint == Paint::kPlain || text.empty()) return std::string(text);
  return std::string(escape(paint)).append(text).append("\x1b[0m");
}

void Table::add(std::vector<Cell> row) {
  CHECK(row.size() == columns_.size());
  rows_.push_back(std::move(row));
}

std::string Table::text(bool colours, std::string_view indent) const {
  std::vector<Cell> titles;
  std::vector<size_t> widths;
  bool has_titles = false;
  for (const Column& column : columns_) {
    titles.emplace_back(column.title, Paint::kBold);
    widths.push_back(width(column.title));
    has_titles = has_titles || !column.title.empty();
  }
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i].text));
  }
  std::string out;
  if (has_titles) append_row(out.append(indent), titles, columns_, widths, colours);
  for (const auto& row : rows_) append_row(out.append(indent), row, columns_, widths, colours);
  return out;
}

}  // namespace loka::lokactl
