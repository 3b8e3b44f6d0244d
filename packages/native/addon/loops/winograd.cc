// Convolutions of 3 × 3 taps with stride 1 by F(4×4, 3×3). Images are cut into tiles of 4 × 4 outputs, each of which reads 6 × 6
// inputs; between the transforms stand 36 products of matrices, [tiles, inChannels] × [inChannels, outChannels].
#include "declarations.h"
#include "winograd-lines.h"
#include "winograd-products.h"

namespace kd::KD_ISA {

namespace {

constexpr size_t points = 36;

/** Where a tile lies. */
struct Tile {
  size_t image;
  int64_t y, x;
};

inline Tile tileAt(const TileGrid& grid, size_t index) {
  const auto column = static_cast<int64_t>(index % grid.tileColumns);
  index /= grid.tileColumns;
  return {index / grid.tileRows, static_cast<int64_t>(index % grid.tileRows) * 4, column * 4};
}

/** Numbers between one of the 36 matrices and the next: a line more than they have, or all would share a part of the cache. */
inline size_t strideOf(size_t rows, size_t channels) { return rows * channels + 16; }

/** visit(row, column) says where the channels of a pixel lie, or null where it is outside. */
template <typename Image>
struct Pixels {
  Image* image;
  int64_t height, width, channels, y, x;
  Image* operator()(int row, int column) const {
    const int64_t atY = y + row, atX = x + column;
    return atY < 0 || atX < 0 || atY >= height || atX >= width ? nullptr : image + (atY * width + atX) * channels;
  }
  bool inside(int size) const { return y >= 0 && x >= 0 && y + size <= height && x + size <= width; }
};

Pixels<const float> inputsOf(const TileGrid& g, const float* x, const Tile& tile) {
  return {x + tile.image * static_cast<size_t>(g.inHeight * g.inWidth * g.inChannels), g.inHeight, g.inWidth, g.inChannels,
          tile.y - g.top, tile.x - g.left};
}

template <typename Image>
Pixels<Image> outputsOf(const TileGrid& g, Image* y, const Tile& tile) {
  return {y + tile.image * static_cast<size_t>(g.outHeight * g.outWidth * g.outChannels), g.outHeight, g.outWidth, g.outChannels,
          tile.y, tile.x};
}

/** The tiles of an image as 36 matrices [rows, channels]. */
template <typename Line, int from>
inline void scatter(const Pixels<const float>& pixels, float* to, size_t stride) {
  const auto channels = static_cast<size_t>(pixels.channels);
  const auto put = [=](size_t c) {
    return [=](int row, int column, Vec value) { store(to + static_cast<size_t>(row * 6 + column) * stride + c, value); };
  };
  if (pixels.inside(from)) {
    const float* corner = pixels(0, 0);
    const size_t line = static_cast<size_t>(pixels.width) * channels;
    for (size_t c = 0; c < channels; c += lanes) {
      transform<Line, from, 6>(
          [=](int row, int column) { return load(corner + static_cast<size_t>(row) * line + static_cast<size_t>(column) * channels + c); },
          put(c));
    }
    return;
  }
  for (size_t c = 0; c < channels; c += lanes) {
    transform<Line, from, 6>(
        [&](int row, int column) {
          const float* at = pixels(row, column);
          return at == nullptr ? Vec{} : load(at + c);
        },
        put(c));
  }
}

/** Asks for a tile's own 4 × 4 pixels, some time before they are needed: their rows lie too far apart for the processor to guess. */
template <int write, typename Image>
inline void prefetch(const Pixels<Image>& pixels) {
  for (int row = 0; row < 4; ++row) {
    for (int column = 0; column < 4; ++column) {
      const float* at = pixels(row, column);
      if (at == nullptr) continue;
      for (int64_t c = 0; c < pixels.channels; c += 16) __builtin_prefetch(at + c, write);
    }
  }
}

/** Calls visit(tile) for the share of tiles that goes with one of the 36 products. */
template <typename Visit>
inline void visitShare(const TileGrid& grid, size_t first, size_t tiles, size_t point, Visit visit) {
  for (size_t t = tiles * point / points; t < tiles * (point + 1) / points; ++t) visit(tileAt(grid, first + t));
}

/** False also for NaN. */
inline bool isZero(Vec value) {
  for (size_t lane = 0; lane < lanes; ++lane) {
    if (value[lane] != 0) return false;
  }
  return true;
}

inline Vec rectified(Vec value, Vec most) {
  const Vec cut = value < 0 ? Vec{} : value;
  return cut > most ? most : cut;
}

}  // namespace

void winogradFilter(const float* filter, const float* scale, float* out, size_t inChannels, size_t outChannels, size_t begin,
                    size_t end) {
  const size_t plane = inChannels * outChannels;
  for (size_t c = begin; c < end; ++c) {
    const float* taps = filter + c * outChannels;
    float* to = out + c * outChannels;
    for (size_t k = 0; k < outChannels; k += lanes) {
      const Vec factor = scale == nullptr ? Vec{} + 1.0f : load(scale + k);
      transform<FilterLine, 3, 6>([=](int row, int column) { return factor * load(taps + static_cast<size_t>(row * 3 + column) * plane + k); },
                                  [=](int row, int column, Vec value) { store(to + static_cast<size_t>(row * 6 + column) * plane + k, value); });
    }
  }
}

bool winogradForward(const TileGrid& g, const float* x, const float* filter, const ConvolutionEnding& ending, float* y,
                     size_t first, size_t tiles, size_t following, float* scratch) {
  const auto in = static_cast<size_t>(g.inChannels), out = static_cast<size_t>(g.outChannels);
  const size_t rows = (tiles + 15) / 16 * 16, inStride = strideOf(rows, in), outStride = strideOf(rows, out);
  float* inputs = scratch;
  float* products = scratch + points * inStride;
  for (size_t t = 0; t < tiles; ++t) scatter<InputLine, 6>(inputsOf(g, x, tileAt(g, first + t)), inputs + t * in, inStride);
  for (size_t p = 0; p < points; ++p) {
    visitShare(g, first, tiles, p, [&](const Tile& tile) { prefetch<1>(outputsOf(g, y, tile)); });
    visitShare(g, first + tiles, following, p, [&](const Tile& tile) { prefetch<0>(inputsOf(g, x, tile)); });
    byVectors(out, [&](auto vectors) {
      multiply<vectors.number>(inputs + p * inStride, filter + p * in * out, products + p * outStride, rows, in, out);
    });
  }
  Vec unusual{};
  const Vec most = Vec{} + ending.most;
  for (size_t t = 0; t < tiles; ++t) {
    const Tile tile = tileAt(g, first + t);
    const auto pixels = outputsOf(g, y, tile);
    const auto residuals = outputsOf(g, ending.residual, tile);
    for (size_t k = 0; k < out; k += lanes) {
      const float* from = products + t * out + k;
      const Vec bias = ending.bias == nullptr ? Vec{} : load(ending.bias + k);
      transform<OutputLine, 6, 4>(
          [=](int row, int column) { return load(from + static_cast<size_t>(row * 6 + column) * outStride); },
          [&](int row, int column, Vec value) {
            float* to = pixels(row, column);
            if (to == nullptr) return;
            value += bias;
            // NaN or infinity times 0 is NaN, and stays.
            unusual += value * 0.0f;
            if (ending.residual != nullptr) value += load(residuals(row, column) + k);
            store(to + k, ending.relu ? rectified(value, most) : value);
          });
    }
  }
  return isZero(unusual);
}

void winogradFilterGradSums(const TileGrid& g, const float* x, const float* dy, float* sums, size_t first, size_t tiles,
                            size_t following, float* scratch) {
  const auto in = static_cast<size_t>(g.inChannels), out = static_cast<size_t>(g.outChannels);
  const size_t inStride = strideOf(tiles, in), outStride = strideOf(tiles, out);
  float* inputs = scratch;
  float* gradients = scratch + points * inStride;
  for (size_t t = 0; t < tiles; ++t) {
    const Tile tile = tileAt(g, first + t);
    scatter<InputLine, 6>(inputsOf(g, x, tile), inputs + t * in, inStride);
    scatter<OutputGradLine, 4>(outputsOf(g, dy, tile), gradients + t * out, outStride);
  }
  for (size_t p = 0; p < points; ++p) {
    visitShare(g, first + tiles, following, p, [&](const Tile& tile) {
      prefetch<0>(inputsOf(g, x, tile));
      prefetch<0>(outputsOf(g, dy, tile));
    });
    byVectors(out, [&](auto vectors) {
      multiplyTransposed<vectors.number>(inputs + p * inStride, gradients + p * outStride, sums + p * in * out, in, tiles, out);
    });
  }
}

bool winogradFilterGrad(const float* sums, float* dFilter, size_t inChannels, size_t outChannels, size_t begin, size_t end) {
  const size_t plane = inChannels * outChannels;
  Vec unusual{};
  for (size_t at = begin * outChannels; at < end * outChannels; at += lanes) {
    transform<FilterGradLine, 6, 3>(
        [=](int row, int column) { return load(sums + static_cast<size_t>(row * 6 + column) * plane + at); },
        [&](int row, int column, Vec value) {
          unusual += value * 0.0f;
          store(dFilter + static_cast<size_t>(row * 3 + column) * plane + at, value);
        });
  }
  return isZero(unusual);
}

}  // namespace kd::KD_ISA
