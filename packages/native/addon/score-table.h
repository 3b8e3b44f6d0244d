// Tables of class scores [rows, classes], and the labels that belong to their rows.
#pragma once

#include <algorithm>
#include <string>

#include "call.h"
#include "parallel.h"

namespace kd {

/** [rows, classes] at the front of a call's numbers. */
struct Table {
  size_t rows, classes, size;
  explicit Table(const Numbers& n)
      : rows(static_cast<size_t>(n.integer(0))), classes(static_cast<size_t>(n.integer(1, 1))),
        size(product({static_cast<int64_t>(rows), static_cast<int64_t>(classes)})) {}
  size_t least() const { return std::max<size_t>(1, grain / 4 / classes); }
};

/** A table, and the number behind it: a temperature, or another factor. */
struct ScaledTable : Table {
  float factor;
  explicit ScaledTable(const Numbers& n) : Table(n), factor(static_cast<float>(n.real(2))) {}
};

/** Labels are indices into memory: they are checked here whatever JavaScript did. */
inline const int32_t* checkedLabels(const Call& call, size_t index, const Table& t, const char* caller) {
  const int32_t* labels = call.integers(index, t.rows).data;
  for (size_t row = 0; row < t.rows; ++row) {
    if (labels[row] < 0 || static_cast<size_t>(labels[row]) >= t.classes) {
      throw ArgumentError(std::string(caller) + ": labels must be in [0, " + std::to_string(t.classes - 1) + "], got " +
                          std::to_string(labels[row]) + " in row " + std::to_string(row));
    }
  }
  return labels;
}

}  // namespace kd
