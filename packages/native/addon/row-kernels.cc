// Gives every row of loops/row-table.cc to JavaScript: checks the arguments as the row says, and runs its loop over all threads.
#include <algorithm>
#include <string>
#include <vector>

#include "exports.h"
#include "loops/loops.h"
#include "parallel.h"

namespace kd {

namespace {

/** [rows, classes] at the front of a call's numbers. */
struct Table {
  size_t rows, classes;
  explicit Table(const Numbers& n) : rows(static_cast<size_t>(n.integer(0))), classes(static_cast<size_t>(n.integer(1, 1))) {
    product(n.integers(0, 2));  // throws when rows times classes do not fit
  }
  size_t least() const { return std::max<size_t>(1, grain / 4 / classes); }
};

/** Labels are indices into memory: they are checked here whatever JavaScript did. */
const int32_t* checkedLabels(const Call& call, size_t index, const Table& t, const char* caller) {
  const int32_t* labels = call.integers(index, t.rows).data;
  for (size_t row = 0; row < t.rows; ++row) {
    if (labels[row] < 0 || static_cast<size_t>(labels[row]) >= t.classes) {
      throw ArgumentError(std::string(caller) + ": labels must be in [0, " + std::to_string(t.classes - 1) + "], got " +
                          std::to_string(labels[row]) + " in row " + std::to_string(row));
    }
  }
  return labels;
}

size_t countInputs(const RowKernel& kernel) {
  size_t count = 0;
  while (count < rowKernelInputs && kernel.inputs[count] != Kind::none) ++count;
  return count;
}

/** Items of a float32 argument for each row. */
size_t widthOf(Kind kind, const Table& t) { return kind == Kind::table ? t.classes : 1; }

/** The part of a block from row `begin` up to row `end`. */
Rows part(const RowKernel& kernel, const Table& t, const Rows& block, size_t begin, size_t end) {
  Rows result = block;
  for (size_t index = 0; index < rowKernelInputs; ++index) {
    if (block.inputs[index] != nullptr) result.inputs[index] += begin * widthOf(kernel.inputs[index], t);
  }
  if (block.labels != nullptr) result.labels += begin;
  result.output += begin * widthOf(kernel.output, t);
  result.rows = end - begin;
  return result;
}

// kernel(its inputs, output, [rows, classes, number of attributes, its attributes])
void rowKernel(Call& call) {
  const auto& kernel = *static_cast<const RowKernel*>(call.data());
  const size_t inputs = countInputs(kernel);
  const Numbers numbers = call.numbers(inputs + 1);
  const Table t(numbers);
  if (static_cast<size_t>(numbers.integer(2)) != kernel.attributes) {
    throw ArgumentError(std::string(kernel.name) + ": must have " + std::to_string(kernel.attributes) + " attributes, got " +
                        std::to_string(numbers.integer(2)));
  }
  std::vector<double> attributes(kernel.attributes);
  for (size_t index = 0; index < kernel.attributes; ++index) attributes[index] = numbers.real(3 + index);

  Rows block{};
  for (size_t index = 0; index < inputs; ++index) {
    if (kernel.inputs[index] == Kind::labels) {
      block.labels = checkedLabels(call, index, t, kernel.name);
    } else {
      block.inputs[index] = call.floats(index, t.rows * widthOf(kernel.inputs[index], t)).data;
    }
  }
  block.output = call.floats(inputs, t.rows * widthOf(kernel.output, t)).data;
  block.rows = t.rows;
  block.classes = t.classes;
  block.attributes = attributes.data();
  parallel(t.rows, t.least(), [&](size_t begin, size_t end) { kernel.loop(part(kernel, t, block, begin, end)); });
  if (kernel.finish != nullptr) kernel.finish(block);
}

}  // namespace

std::vector<Export> rowKernelExports() {
  std::vector<Export> exports;
  for (const RowKernel* kernel = loops().rowKernels; kernel->name != nullptr; ++kernel) {
    exports.push_back({kernel->name, entry<rowKernel>, kernel});
  }
  return exports;
}

}  // namespace kd
