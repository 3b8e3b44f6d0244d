// Kernels that move values without changing them. They see items of 4 or 1 bytes, never their type.
#include <array>
#include <cstring>

#include "broadcast.h"
#include "exports.h"
#include "parallel.h"

namespace kd {

namespace {

/** The same number of bytes per item in both arrays. */
struct Arrays {
  Span<uint8_t> from, to;
  size_t itemSize = 0;
  Arrays(const Call& call, size_t fromIndex, size_t toIndex) {
    size_t other = 0;
    from = call.any(fromIndex, itemSize);
    to = call.any(toIndex, other);
    if (itemSize != other) throw ArgumentError("arrays must have items of one size");
  }
  void require(size_t fromSize, size_t toSize) const {
    if (from.size < fromSize || to.size < toSize) throw ArgumentError("arrays must be as large as their shapes");
  }
};

/** A walk over an output shape, innermost axis last, through an input with any strides. */
struct Walk {
  size_t rank = 0;
  std::array<size_t, maximumRank> shape{};
  std::array<int64_t, maximumRank> stride{};
};

template <typename Item>
void copyRun(const Item* from, int64_t stride, Item* to, size_t size) {
  if (stride == 1) {
    std::memcpy(to, from, size * sizeof(Item));
  } else if (stride == 0) {
    const Item value = *from;
    for (size_t i = 0; i < size; ++i) to[i] = value;
  } else {
    for (size_t i = 0; i < size; ++i) to[i] = from[static_cast<int64_t>(i) * stride];
  }
}

/** Joins axes that one step of the outer one walks through whole, and leaves out those of size 1. */
Walk joined(const Walk& w) {
  Walk result;
  for (size_t axis = 0; axis < w.rank; ++axis) {
    if (w.shape[axis] == 1) continue;
    const size_t last = result.rank - 1;
    if (result.rank > 0 && result.stride[last] == w.stride[axis] * static_cast<int64_t>(w.shape[axis])) {
      result.shape[last] *= w.shape[axis];
      result.stride[last] = w.stride[axis];
    } else {
      result.shape[result.rank] = w.shape[axis];
      result.stride[result.rank++] = w.stride[axis];
    }
  }
  if (result.rank == 0) {
    result.rank = 1;
    result.shape[0] = 1;
  }
  return result;
}

template <typename Item>
void copyWalk(const Walk& whole, const Item* from, Item* to) {
  const Walk w = joined(whole);
  const size_t last = w.rank - 1, inner = w.shape[last];
  size_t outer = 1;
  for (size_t axis = 0; axis < last; ++axis) outer *= w.shape[axis];
  parallel(outer, std::max<size_t>(1, grain / std::max<size_t>(inner, 1)), [&](size_t begin, size_t end) {
    std::array<size_t, maximumRank> place{};
    int64_t offset = 0;
    size_t rest = begin;
    for (size_t axis = last; axis-- > 0;) {
      place[axis] = rest % w.shape[axis];
      offset += static_cast<int64_t>(place[axis]) * w.stride[axis];
      rest /= w.shape[axis];
    }
    for (size_t index = begin; index < end; ++index) {
      copyRun(from + offset, w.stride[last], to + index * inner, inner);
      for (size_t axis = last; axis-- > 0;) {
        offset += w.stride[axis];
        if (++place[axis] < w.shape[axis]) break;
        offset -= static_cast<int64_t>(w.shape[axis]) * w.stride[axis];
        place[axis] = 0;
      }
    }
  });
}

/** Transposes [outer, a, b] to [outer, b, a] in tiles that fit the cache. */
template <typename Item>
void transposeTiles(const Item* from, Item* to, size_t outer, size_t a, size_t b) {
  constexpr size_t tile = 16;
  const size_t tiles = (b + tile - 1) / tile;
  parallel(outer * tiles, std::max<size_t>(1, grain / (a * tile)), [&](size_t begin, size_t end) {
    for (size_t index = begin; index < end; ++index) {
      const Item* source = from + index / tiles * a * b;
      Item* target = to + index / tiles * a * b;
      const size_t firstB = index % tiles * tile, lastB = std::min(b, firstB + tile);
      for (size_t firstA = 0; firstA < a; firstA += tile) {
        const size_t lastA = std::min(a, firstA + tile);
        for (size_t j = firstB; j < lastB; ++j) {
          for (size_t i = firstA; i < lastA; ++i) target[j * a + i] = source[i * b + j];
        }
      }
    }
  });
}

// strided(x, y, [rank, offset, ...output shape, ...strides of x]): slices, transposes, tiles, reversals and broadcasts
void strided(Call& call) {
  const Numbers n = call.numbers(2);
  Walk w;
  w.rank = static_cast<size_t>(n.integer(0, 1));
  if (w.rank > maximumRank) throw ArgumentError("strided: rank must be at most 8");
  const int64_t offset = n.integer(1);
  // In double, where nothing wraps around; beyond 2^48 the comparison with the arrays' sizes fails anyway.
  double reachDown = static_cast<double>(offset), reachUp = reachDown;
  for (size_t axis = 0; axis < w.rank; ++axis) {
    w.shape[axis] = static_cast<size_t>(n.integer(2 + axis));
    const double stride = n.real(2 + w.rank + axis);
    if (!(stride > -281474976710656.0 && stride < 281474976710656.0)) throw ArgumentError("strided: strides must be finite");
    w.stride[axis] = static_cast<int64_t>(stride);
    if (w.shape[axis] == 0) continue;
    const double reach = static_cast<double>(w.shape[axis] - 1) * stride;
    (reach < 0 ? reachDown : reachUp) += reach;
  }
  const size_t size = product(n.integers(2, w.rank));
  const Arrays arrays(call, 0, 1);
  if (size == 0) return;
  if (!(reachDown >= 0 && reachUp < 281474976710656.0)) throw ArgumentError("strided: must stay inside the input");
  arrays.require(static_cast<size_t>(reachUp) + 1, size);
  if (arrays.itemSize == 4) {
    copyWalk(w, reinterpret_cast<const uint32_t*>(arrays.from.data) + offset, reinterpret_cast<uint32_t*>(arrays.to.data));
  } else {
    copyWalk(w, arrays.from.data + offset, arrays.to.data);
  }
}

// transpose(x, y, [outer, a, b]): swaps the last two axes
void transpose(Call& call) {
  const Numbers n = call.numbers(2);
  const auto sizes = n.integers(0, 3);
  const size_t size = product(sizes);
  const Arrays arrays(call, 0, 1);
  arrays.require(size, size);
  if (size == 0) return;
  const auto outer = static_cast<size_t>(sizes[0]), a = static_cast<size_t>(sizes[1]), b = static_cast<size_t>(sizes[2]);
  if (arrays.itemSize == 4) {
    transposeTiles(reinterpret_cast<const uint32_t*>(arrays.from.data), reinterpret_cast<uint32_t*>(arrays.to.data), outer, a, b);
  } else {
    transposeTiles(arrays.from.data, arrays.to.data, outer, a, b);
  }
}

// copyBlocks(x, y, [rows, size, strideX, offsetX, strideY, offsetY]): `rows` runs of `size` items, for concatenation
void copyBlocks(Call& call) {
  const auto n = call.numbers(2).integers(0, 6);
  const auto rows = static_cast<size_t>(n[0]), size = static_cast<size_t>(n[1]), strideX = static_cast<size_t>(n[2]);
  const auto offsetX = static_cast<size_t>(n[3]), strideY = static_cast<size_t>(n[4]), offsetY = static_cast<size_t>(n[5]);
  const Arrays arrays(call, 0, 1);
  if (rows == 0 || size == 0) return;
  if (size > strideY && rows > 1) throw ArgumentError("copyBlocks: runs must not overlap");
  arrays.require(product({n[0] - 1, n[2]}) + offsetX + size, product({n[0] - 1, n[4]}) + offsetY + size);
  const size_t bytes = arrays.itemSize;
  parallel(rows, std::max<size_t>(1, grain / size), [&](size_t begin, size_t end) {
    for (size_t row = begin; row < end; ++row) {
      std::memcpy(arrays.to.data + (offsetY + row * strideY) * bytes, arrays.from.data + (offsetX + row * strideX) * bytes,
                  size * bytes);
    }
  });
}

/** An axis of a padded tensor. */
struct PaddedAxis {
  size_t before, size, after;
  size_t out() const { return before + size + after; }
};

/** Axes whose inner neighbours have no padding take them in. */
std::vector<PaddedAxis> joinedAxes(const std::vector<PaddedAxis>& axes) {
  std::vector<PaddedAxis> result;
  for (auto axis = axes.rbegin(); axis != axes.rend(); ++axis) {
    if (!result.empty() && result.back().before == 0 && result.back().after == 0) {
      const size_t inner = result.back().size;
      result.back() = {axis->before * inner, axis->size * inner, axis->after * inner};
    } else {
      result.push_back(*axis);
    }
  }
  return {result.rbegin(), result.rend()};
}

// pad(x, y, [rank, value, ...shape of x, ...before, ...after])
void pad(Call& call) {
  const Numbers n = call.numbers(2);
  const auto rank = static_cast<size_t>(n.integer(0, 1));
  if (rank > maximumRank) throw ArgumentError("pad: rank must be at most 8");
  const auto shape = n.integers(2, rank), before = n.integers(2 + rank, rank), after = n.integers(2 + 2 * rank, rank);
  std::vector<int64_t> out(rank);
  std::vector<PaddedAxis> each(rank);
  for (size_t axis = 0; axis < rank; ++axis) {
    out[axis] = before[axis] + shape[axis] + after[axis];
    each[axis] = {static_cast<size_t>(before[axis]), static_cast<size_t>(shape[axis]), static_cast<size_t>(after[axis])};
  }
  const size_t outSize = product(out), inSize = product(shape);
  const float* x = call.floats(0, inSize).data;
  float* y = call.floats(1, outSize).data;
  const auto value = static_cast<float>(n.real(1));
  if (inSize == 0) {
    std::fill(y, y + outSize, value);
    return;
  }
  const std::vector<PaddedAxis> axes = joinedAxes(each);
  const size_t last = axes.size() - 1;
  const PaddedAxis row = axes[last];
  parallel(outSize / row.out(), std::max<size_t>(1, grain / row.out()), [&](size_t begin, size_t end) {
    for (size_t index = begin; index < end; ++index) {
      // Which row of x lies here, if one does.
      size_t rest = index, source = 0, span = 1;
      bool inside = true;
      for (size_t axis = last; axis-- > 0;) {
        const size_t place = rest % axes[axis].out();
        rest /= axes[axis].out();
        inside = inside && place >= axes[axis].before && place < axes[axis].before + axes[axis].size;
        source += (place - axes[axis].before) * span;
        span *= axes[axis].size;
      }
      float* to = y + index * row.out();
      if (!inside) {
        std::fill(to, to + row.out(), value);
        continue;
      }
      std::fill(to, to + row.before, value);
      std::memcpy(to + row.before, x + source * row.size, row.size * sizeof(float));
      std::fill(to + row.before + row.size, to + row.out(), value);
    }
  });
}

// fill(y, [size, value]) for Float32Array
void fill(Call& call) {
  const Numbers n = call.numbers(1);
  const auto size = static_cast<size_t>(n.integer(0));
  const auto value = static_cast<float>(n.real(1));
  float* y = call.floats(0, size).data;
  parallel(size, grain, [&](size_t begin, size_t end) { std::fill(y + begin, y + end, value); });
}

}  // namespace

std::vector<Export> layoutExports() {
  return {{"strided", entry<strided>}, {"transpose", entry<transpose>}, {"copyBlocks", entry<copyBlocks>},
          {"pad", entry<pad>}, {"fill", entry<fill>}};
}

}  // namespace kd
