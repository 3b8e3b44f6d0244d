#include <algorithm>
#include <numeric>

#include "column-sums.h"
#include "exports.h"
#include "loops/loops.h"

namespace kd {

namespace {

/** [operation, outer, size, inner, factor]: reduces the middle axis. */
struct Shape {
  size_t outer, size, inner;
  explicit Shape(const Numbers& n)
      : outer(static_cast<size_t>(n.integer(1))), size(static_cast<size_t>(n.integer(2))), inner(static_cast<size_t>(n.integer(3))) {}
  size_t in() const { return product({static_cast<int64_t>(outer), static_cast<int64_t>(size), static_cast<int64_t>(inner)}); }
  size_t out() const { return product({static_cast<int64_t>(outer), static_cast<int64_t>(inner)}); }
};

/** One long row: blocks of a fixed size, so that the result does not depend on the threads. */
double reduceLong(State& state, Reduction operation, const float* x, size_t size) {
  constexpr size_t block = 65536;
  const size_t blocks = (size + block - 1) / block;
  auto* partials = state.partials.take<double>(blocks);
  parallel(blocks, 1, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) partials[i] = loops().reduceRow(operation, x + i * block, std::min(block, size - i * block));
  });
  double result = partials[0];
  for (size_t i = 1; i < blocks; ++i) {
    const double value = partials[i];
    if (operation == Reduction::sum) {
      result += value;
    } else if (value != value || (operation == Reduction::max ? value > result : value < result)) {
      result = value;
    }
  }
  return result;
}

// reduce(x, out, [operation, outer, size, inner, factor]); size > 0
void reduce(Call& call) {
  const Numbers numbers = call.numbers(2);
  const int64_t code = numbers.integer(0);
  if (code >= static_cast<int64_t>(Reduction::count)) throw ArgumentError("reduce: operation must be known");
  const auto operation = static_cast<Reduction>(code);
  const Shape shape(numbers);
  const double factor = numbers.real(4);
  const float* x = call.floats(0, shape.in()).data;
  float* out = call.floats(1, shape.out()).data;
  if (shape.out() == 0) return;
  if (shape.size == 0) throw ArgumentError("reduce: the reduced axis must not be empty");
  State& state = call.state();
  if (shape.inner == 1 && shape.outer == 1) {
    out[0] = static_cast<float>(factor * reduceLong(state, operation, x, shape.size));
  } else if (shape.inner == 1) {
    parallel(shape.outer, std::max<size_t>(1, grain / shape.size), [&](size_t begin, size_t end) {
      for (size_t row = begin; row < end; ++row) {
        out[row] = static_cast<float>(factor * loops().reduceRow(operation, x + row * shape.size, shape.size));
      }
    });
  } else if (operation == Reduction::sum) {
    for (size_t row = 0; row < shape.outer; ++row) {
      const float* table = x + row * shape.size * shape.inner;
      columnSums(
          state, shape.size, shape.inner,
          [&](size_t first, size_t rows, float* partial) {
            loops().reduceColumns(operation, table + first * shape.inner, rows, shape.inner, partial);
          },
          [&](size_t column, double total) { out[row * shape.inner + column] = static_cast<float>(factor * total); });
    }
  } else {
    parallel(shape.outer, std::max<size_t>(1, grain / (shape.size * shape.inner)), [&](size_t begin, size_t end) {
      for (size_t row = begin; row < end; ++row) {
        loops().reduceColumns(operation, x + row * shape.size * shape.inner, shape.size, shape.inner, out + row * shape.inner);
      }
    });
  }
}

// sumIntegers(x, out, [0, outer, size, inner])
void sumIntegers(Call& call) {
  const Shape shape(call.numbers(2));
  const int32_t* x = call.integers(0, shape.in()).data;
  int32_t* out = call.integers(1, shape.out()).data;
  for (size_t row = 0; row < shape.outer; ++row) {
    for (size_t column = 0; column < shape.inner; ++column) {
      int64_t total = 0;
      for (size_t i = 0; i < shape.size; ++i) total += x[(row * shape.size + i) * shape.inner + column];
      out[row * shape.inner + column] = static_cast<int32_t>(static_cast<uint32_t>(static_cast<uint64_t>(total)));
    }
  }
}

// anyOrAll(x, out, [1 for any and 0 for all, outer, size, inner])
void anyOrAll(Call& call) {
  const Numbers numbers = call.numbers(2);
  const bool any = numbers.flag(0);
  const Shape shape(numbers);
  const uint8_t* x = call.bytes(0, shape.in()).data;
  uint8_t* out = call.bytes(1, shape.out()).data;
  for (size_t row = 0; row < shape.outer; ++row) {
    for (size_t column = 0; column < shape.inner; ++column) {
      bool result = !any;
      for (size_t i = 0; i < shape.size && result != any; ++i) result = x[(row * shape.size + i) * shape.inner + column] != 0;
      out[row * shape.inner + column] = result ? 1 : 0;
    }
  }
}

// argMax(x, out, [1 for the smallest, outer, size, 1])
void argMax(Call& call) {
  const Numbers numbers = call.numbers(2);
  const bool smallest = numbers.flag(0);
  const Shape shape(numbers);
  if (shape.size == 0 || shape.inner != 1) throw ArgumentError("argMax: must be along a last axis that is not empty");
  const float* x = call.floats(0, shape.in()).data;
  int32_t* out = call.integers(1, shape.out()).data;
  parallel(shape.outer, std::max<size_t>(1, grain / shape.size), [&](size_t begin, size_t end) {
    for (size_t row = begin; row < end; ++row) {
      out[row] = static_cast<int32_t>(loops().argMaxRow(x + row * shape.size, shape.size, smallest));
    }
  });
}

/** Larger first, NaN before all, equal values in their order. */
bool comesBefore(const float* row, int32_t left, int32_t right) {
  const float a = row[left], b = row[right];
  const bool aIsNaN = a != a, bIsNaN = b != b;
  if (aIsNaN != bIsNaN) return aIsNaN;
  if (a == b || aIsNaN) return left < right;
  return a > b;
}

// topK(x, values, indices, [k, outer, size, 1])
void topK(Call& call) {
  const Numbers numbers = call.numbers(3);
  const int64_t kept = numbers.integer(0);
  const Shape shape(numbers);
  if (shape.inner != 1 || static_cast<size_t>(kept) > shape.size) throw ArgumentError("topK: k must be at most the size of a last axis");
  const size_t out = product({static_cast<int64_t>(shape.outer), kept});
  const size_t k = static_cast<size_t>(kept);
  const float* x = call.floats(0, shape.in()).data;
  float* values = call.floats(1, out).data;
  int32_t* indices = call.integers(2, out).data;
  if (out == 0) return;
  parallel(shape.outer, std::max<size_t>(1, grain / shape.size), [&](size_t begin, size_t end) {
    for (size_t at = begin; at < end; ++at) {
      const float* row = x + at * shape.size;
      const auto first = [row](int32_t left, int32_t right) { return comesBefore(row, left, right); };
      // A heap of the best so far, the least of them on top; in the output itself, because nothing may be allocated here.
      int32_t* best = indices + at * k;
      std::iota(best, best + k, 0);
      std::make_heap(best, best + k, first);
      for (size_t i = k; i < shape.size; ++i) {
        if (!first(static_cast<int32_t>(i), best[0])) continue;
        std::pop_heap(best, best + k, first);
        best[k - 1] = static_cast<int32_t>(i);
        std::push_heap(best, best + k, first);
      }
      std::sort_heap(best, best + k, first);
      for (size_t i = 0; i < k; ++i) values[at * k + i] = row[best[i]];
    }
  });
}

}  // namespace

std::vector<Export> reductionExports() {
  return {{"reduce", entry<reduce>},
          {"sumIntegers", entry<sumIntegers>},
          {"anyOrAll", entry<anyOrAll>},
          {"argMax", entry<argMax>},
          {"topK", entry<topK>}};
}

}  // namespace kd
