// The products of small matrices that stand between the transforms of minimal filtering, several rows of them in registers.
#pragma once

#include "vector.h"

namespace kd::KD_ISA {

/** Rows and vectors of a product that are summed in registers at a time. */
template <size_t vectors>
constexpr size_t rowsOf = lanes == 16 ? 16 / vectors : 4;

/** out [rows, columns] = left [rows, depth] × right [depth, columns], for a multiple of the rows in registers. */
template <size_t vectors>
void multiply(const float* left, const float* right, float* out, size_t rows, size_t depth, size_t columns) {
  constexpr size_t block = rowsOf<vectors>;
  for (size_t column = 0; column < columns; column += vectors * lanes) {
    for (size_t row = 0; row < rows; row += block) {
      Vec sums[block][vectors] = {};
      const float* from = left + row * depth;
      const float* factors = right + column;
      for (size_t d = 0; d < depth; ++d, factors += columns) {
        Vec factor[vectors];
        for (size_t v = 0; v < vectors; ++v) factor[v] = load(factors + v * lanes);
#pragma GCC unroll 16
        for (size_t r = 0; r < block; ++r) {
          for (size_t v = 0; v < vectors; ++v) sums[r][v] += from[r * depth + d] * factor[v];
        }
      }
#pragma GCC unroll 16
      for (size_t r = 0; r < block; ++r) {
        for (size_t v = 0; v < vectors; ++v) store(out + (row + r) * columns + column + v * lanes, sums[r][v]);
      }
    }
  }
}

/** out [rows, columns] += leftᵀ × right, of left [depth, rows] and right [depth, columns]. */
template <size_t vectors>
void multiplyTransposed(const float* left, const float* right, float* out, size_t rows, size_t depth, size_t columns) {
  constexpr size_t block = rowsOf<vectors>;
  for (size_t column = 0; column < columns; column += vectors * lanes) {
    for (size_t row = 0; row < rows; row += block) {
      Vec sums[block][vectors];
#pragma GCC unroll 16
      for (size_t r = 0; r < block; ++r) {
        for (size_t v = 0; v < vectors; ++v) sums[r][v] = load(out + (row + r) * columns + column + v * lanes);
      }
      const float* from = left + row;
      const float* factors = right + column;
      for (size_t d = 0; d < depth; ++d, from += rows, factors += columns) {
        Vec factor[vectors];
        for (size_t v = 0; v < vectors; ++v) factor[v] = load(factors + v * lanes);
#pragma GCC unroll 16
        for (size_t r = 0; r < block; ++r) {
          for (size_t v = 0; v < vectors; ++v) sums[r][v] += from[r] * factor[v];
        }
      }
#pragma GCC unroll 16
      for (size_t r = 0; r < block; ++r) {
        for (size_t v = 0; v < vectors; ++v) store(out + (row + r) * columns + column + v * lanes, sums[r][v]);
      }
    }
  }
}

/** A number that is known when a product is compiled. */
template <size_t value>
struct Constant {
  static constexpr size_t number = value;
};

/** Calls product(constant) with as many vectors as fit into rows of so many columns. */
template <typename Product>
inline void byVectors(size_t columns, Product product) {
  const size_t vectors = columns / lanes;
  if (lanes == 16 && vectors % 4 == 0) return product(Constant<4>{});
  if (lanes < 16 || vectors % 2 == 0) return product(Constant<2>{});
  product(Constant<1>{});
}

}  // namespace kd::KD_ISA
