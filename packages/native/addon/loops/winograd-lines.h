// The one-dimensional transforms of F(4×4, 3×3), the minimal filtering of Winograd as A. Lavin and S. Gray use it for
// convolutions (2016, arXiv:1509.09308): y = Aᵀ[(G g) ⊙ (Bᵀ d)] gives 4 neighbouring outputs of a filter g of 3 taps from 6
// inputs d with 6 products in place of 12; in two dimensions 36 in place of 144. The matrices are those of Toom and Cook for the
// points 0, ±a, ±b and infinity. Lavin's points are 1 and 2; these keep a result two to four times closer to the exact one
// (within 2 to 3 times the error of a plain sum of products, by our own search over multiples of 1/16). That the choice of points
// decides about the error: B. Barabasz and others, 2020, arXiv:1803.10986. All factors of B and A are exact in float32.
#pragma once

#include "vector.h"

namespace kd::KD_ISA {

constexpr float a = 11.0f / 16, b = 1.5f;
constexpr float a2 = a * a, b2 = b * b, a3 = a2 * a, b3 = b2 * b;
/** What G divides by, for 0, ±a and ±b. */
constexpr float n0 = a2 * b2, na = 2 * a2 * (a2 - b2), nb = 2 * b2 * (b2 - a2);

/** Bᵀ: of 6 inputs. */
struct InputLine {
  template <typename V>
  static void apply(const V* d, V* t) {
    t[0] = n0 * d[0] - (a2 + b2) * d[2] + d[4];
    const V evenA = d[4] - b2 * d[2], oddA = a * (d[3] - b2 * d[1]);
    t[1] = evenA + oddA;
    t[2] = evenA - oddA;
    const V evenB = d[4] - a2 * d[2], oddB = b * (d[3] - a2 * d[1]);
    t[3] = evenB + oddB;
    t[4] = evenB - oddB;
    t[5] = n0 * d[1] - (a2 + b2) * d[3] + d[5];
  }
};

/** Aᵀ: 4 outputs of 6 products. */
struct OutputLine {
  template <typename V>
  static void apply(const V* m, V* y) {
    const V evenA = m[1] + m[2], oddA = m[1] - m[2], evenB = m[3] + m[4], oddB = m[3] - m[4];
    y[0] = m[0] + evenA + evenB;
    y[1] = a * oddA + b * oddB;
    y[2] = a2 * evenA + b2 * evenB;
    y[3] = a3 * oddA + b3 * oddB + m[5];
  }
};

/** A: of 4 gradients of outputs. */
struct OutputGradLine {
  template <typename V>
  static void apply(const V* y, V* m) {
    m[0] = y[0];
    const V evenA = y[0] + a2 * y[2], oddA = a * y[1] + a3 * y[3];
    m[1] = evenA + oddA;
    m[2] = evenA - oddA;
    const V evenB = y[0] + b2 * y[2], oddB = b * y[1] + b3 * y[3];
    m[3] = evenB + oddB;
    m[4] = evenB - oddB;
    m[5] = y[3];
  }
};

/** G: of 3 taps. */
struct FilterLine {
  template <typename V>
  static void apply(const V* g, V* u) {
    u[0] = g[0] / n0;
    const V evenA = g[0] + a2 * g[2], oddA = a * g[1];
    u[1] = (evenA + oddA) / na;
    u[2] = (evenA - oddA) / na;
    const V evenB = g[0] + b2 * g[2], oddB = b * g[1];
    u[3] = (evenB + oddB) / nb;
    u[4] = (evenB - oddB) / nb;
    u[5] = g[2];
  }
};

/** Gᵀ: of 6 sums of products. */
struct FilterGradLine {
  template <typename V>
  static void apply(const V* u, V* g) {
    const V evenA = (u[1] + u[2]) / na, oddA = (u[1] - u[2]) / na, evenB = (u[3] + u[4]) / nb, oddB = (u[3] - u[4]) / nb;
    g[0] = u[0] / n0 + evenA + evenB;
    g[1] = a * oddA + b * oddB;
    g[2] = a2 * evenA + b2 * evenB + u[5];
  }
};

/** A transform of `from` × `from` values into `to` × `to`: its line down each column, then along each row. */
template <typename Line, int from, int to, typename Load, typename Store>
inline void transform(Load loadAt, Store storeAt) {
  using V = decltype(loadAt(0, 0));
  V half[to][from];
#pragma GCC unroll 6
  for (int column = 0; column < from; ++column) {
    V in[from], out[to];
#pragma GCC unroll 6
    for (int row = 0; row < from; ++row) in[row] = loadAt(row, column);
    Line::apply(in, out);
#pragma GCC unroll 6
    for (int row = 0; row < to; ++row) half[row][column] = out[row];
  }
#pragma GCC unroll 6
  for (int row = 0; row < to; ++row) {
    V out[to];
    Line::apply(half[row], out);
#pragma GCC unroll 6
    for (int column = 0; column < to; ++column) storeAt(row, column, out[column]);
  }
}

}  // namespace kd::KD_ISA
