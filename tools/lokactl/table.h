// Aligned columns of text, with or without colours. Knows nothing of what stands in them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace loka::lokactl {

enum class Paint : uint8_t { kPlain, kBold, kFaint, kGreen, kYellow, kRed };

// With escape sequences if `colours`; text must be printable.
[[nodiscard]] std::string painted(std::string_view text, Paint paint, bool colours);

struct Cell {
  Cell(std::string t, Paint p = Paint::kPlain) : text(std::move(t)), paint(p) {}
  Cell(const char* t) : text(t) {}
  std::string text;  // printable
  Paint paint = Paint::kPlain;
};

enum class Align : uint8_t { kLeft, kRight };

struct Column {
  std::string title;
  Align align = Align::kLeft;
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // As many cells as there are columns.
  void add(std::vector<Cell> row);
  void reserve(size_t rows) { rows_.reserve(rows); }

  // The titles, unless all are empty, and one line for each row; two blanks between columns, none
  // at the end of a line.
  [[nodiscard]] std::string text(bool colours, std::string_view indent = {}) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace loka::lokactl
