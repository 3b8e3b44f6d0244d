#include "winograd.h"

#include <atomic>
#include <limits>

#include "parallel.h"

namespace kd {

namespace {

constexpr size_t points = 36, channelStep = 16;
/** Tiles are worked on in as many as fit here, so that they stay near the core between the transforms. */
constexpr size_t workingBytes = 256 * 1024;
/** More channels than this and the transformed filter no longer fits the caches. */
constexpr int64_t mostFilters = 256 * 256;
/** Fewer tiles do not make up for transforming the filter. */
constexpr size_t leastTiles = 16;

size_t filtersOf(const TileGrid& grid) { return static_cast<size_t>(grid.inChannels * grid.outChannels); }

size_t tilesOf(const TileGrid& grid, size_t images) { return images * grid.tileRows * grid.tileColumns; }

/** How many tiles are worked on at a time. */
size_t blockOf(const TileGrid& grid) {
  const size_t tile = points * sizeof(float) * static_cast<size_t>(grid.inChannels + grid.outChannels);
  return std::max(leastTiles, workingBytes / tile / leastTiles * leastTiles);
}

/** Calls body(first, tiles, tiles of the next one) for one block after another of [begin, end). */
template <typename Body>
void inBlocks(const TileGrid& grid, size_t begin, size_t end, const Body& body) {
  const size_t block = blockOf(grid);
  for (size_t first = begin; first < end; first += block) {
    const size_t tiles = std::min(block, end - first);
    body(first, tiles, std::min(block, end - first - tiles));
  }
}

/** Calls body(part, first, end) for each part of the tiles, on a thread of its own. */
template <typename Body>
void inParts(size_t parts, size_t tiles, const Body& body) {
  parallel(parts, 1, [&](size_t begin, size_t end) {
    for (size_t part = begin; part < end; ++part) body(part, tiles * part / parts, tiles * (part + 1) / parts);
  });
}

bool convolve(State& state, const TileGrid& grid, size_t images, const float* x, const float* filter, const float* bias, float* y) {
  const size_t parts = winogradParts(grid, images), size = winogradFilterSize(grid);
  float* transformed = state.winogradMemory.take<float>(size + parts * winogradScratchSize(grid));
  winogradFilter(grid, filter, nullptr, transformed);
  const ConvolutionEnding ending{bias, nullptr, false, std::numeric_limits<float>::infinity()};
  return winogradImages(grid, x, transformed, ending, y, images, parts, transformed + size);
}

/** The filter that takes gradients of outputs to those of inputs: turned by half, [3, 3, out, in]. */
void turn(const float* filter, float* turned, size_t inChannels, size_t outChannels) {
  for (size_t tap = 0; tap < 9; ++tap) {
    const float* from = filter + (8 - tap) * inChannels * outChannels;
    float* to = turned + tap * inChannels * outChannels;
    for (size_t c = 0; c < inChannels; ++c) {
      for (size_t k = 0; k < outChannels; ++k) to[k * inChannels + c] = from[c * outChannels + k];
    }
  }
}

}  // namespace

bool winogradTakes(const State& state, const ConvolutionShape& s) {
  const bool fits = s.height == 3 && s.width == 3 && s.strideY == 1 && s.strideX == 1 && s.dilationY == 1 && s.dilationX == 1 &&
                    !s.depthwise && s.inChannels % channelStep == 0 && s.outChannels % channelStep == 0;
  if (!fits || s.inChannels * s.outChannels > mostFilters || !state.winograd) return false;
  const TileGrid grid = tileGrid(s, false);
  const size_t tiles = grid.tileRows * grid.tileColumns, pixels = static_cast<size_t>(s.outHeight * s.outWidth);
  // At the edges tiles hang over: what they compute there is lost.
  return static_cast<size_t>(s.batch) * tiles >= leastTiles && pixels >= 10 * tiles;
}

TileGrid tileGrid(const ConvolutionShape& s, bool backward) {
  const auto along = [](int64_t size) { return static_cast<size_t>((size + 3) / 4); };
  if (backward) {
    return {s.outHeight, s.outWidth, s.outChannels, s.inHeight, s.inWidth, s.inChannels, 2 - s.top, 2 - s.left,
            along(s.inHeight), along(s.inWidth)};
  }
  return {s.inHeight, s.inWidth, s.inChannels, s.outHeight, s.outWidth, s.outChannels, s.top, s.left,
          along(s.outHeight), along(s.outWidth)};
}

size_t winogradFilterSize(const TileGrid& grid) { return points * filtersOf(grid); }

size_t winogradScratchSize(const TileGrid& grid) {
  return points * (blockOf(grid) * static_cast<size_t>(grid.inChannels + grid.outChannels) + 2 * channelStep);
}

void winogradFilter(const TileGrid& grid, const float* filter, const float* scale, float* transformed) {
  const auto in = static_cast<size_t>(grid.inChannels), out = static_cast<size_t>(grid.outChannels);
  parallel(in, std::max<size_t>(1, grain / (points * out)), [&](size_t begin, size_t end) {
    loops().winogradFilter(filter, scale, transformed, in, out, begin, end);
  });
}

size_t winogradParts(const TileGrid& grid, size_t images) {
  const size_t least = std::max<size_t>(1, grain / filtersOf(grid)), threads = static_cast<size_t>(omp_get_max_threads());
  return std::max<size_t>(1, std::min(threads, tilesOf(grid, images) / least));
}

bool winogradImages(const TileGrid& grid, const float* x, const float* filter, const ConvolutionEnding& ending, float* y,
                    size_t images, size_t parts, float* scratch) {
  std::atomic<bool> usual{true};
  inParts(parts, tilesOf(grid, images), [&](size_t part, size_t begin, size_t end) {
    float* own = scratch + part * winogradScratchSize(grid);
    inBlocks(grid, begin, end, [&](size_t first, size_t tiles, size_t following) {
      if (usual && !loops().winogradForward(grid, x, filter, ending, y, first, tiles, following, own)) usual = false;
    });
  });
  return usual;
}

bool winogradConvolution(State& state, const ConvolutionShape& shape, const float* x, const float* filter, const float* bias,
                         float* y) {
  return convolve(state, tileGrid(shape, false), static_cast<size_t>(shape.batch), x, filter, bias, y);
}

bool winogradInputGrad(State& state, const ConvolutionShape& shape, const float* dy, const float* filter, float* dx) {
  float* turned = state.weights.take<float>(shape.filterSize());
  turn(filter, turned, static_cast<size_t>(shape.inChannels), static_cast<size_t>(shape.outChannels));
  return convolve(state, tileGrid(shape, true), static_cast<size_t>(shape.batch), dy, turned, nullptr, dx);
}

bool winogradFilterGrad(State& state, const ConvolutionShape& shape, const float* x, const float* dy, float* dFilter) {
  const TileGrid grid = tileGrid(shape, false);
  const auto images = static_cast<size_t>(shape.batch);
  const size_t size = winogradFilterSize(grid), scratch = winogradScratchSize(grid), parts = winogradParts(grid, images);
  float* memory = state.winogradMemory.take<float>(parts * (size + scratch));
  inParts(parts, tilesOf(grid, images), [&](size_t part, size_t begin, size_t end) {
    float* sums = memory + part * (size + scratch);
    std::fill(sums, sums + size, 0.0f);
    inBlocks(grid, begin, end, [&](size_t first, size_t tiles, size_t following) {
      loops().winogradFilterGradSums(grid, x, dy, sums, first, tiles, following, sums + size);
    });
  });
  const auto in = static_cast<size_t>(grid.inChannels), out = static_cast<size_t>(grid.outChannels);
  if (parts > 1) {
    parallel(size, grain, [&](size_t begin, size_t end) {
      for (size_t part = 1; part < parts; ++part) {
        const float* more = memory + part * (size + scratch);
        loops().addRectify(memory + begin, more + begin, memory + begin, end - begin, false, 0);
      }
    });
  }
  std::atomic<bool> usual{true};
  parallel(in, std::max<size_t>(1, grain / (points * out)), [&](size_t begin, size_t end) {
    if (!loops().winogradFilterGrad(memory, dFilter, in, out, begin, end)) usual = false;
  });
  return usual;
}

}  // namespace kd
