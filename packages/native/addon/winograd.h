// Convolutions of 3 × 3 taps with stride 1 by minimal filtering, F(4×4, 3×3): a quarter of the multiplications of a sum of
// products, and 0.35 to 0.6 of its time. loops/winograd-lines.h has the source and the choice of points.
#pragma once

#include "convolution-shape.h"
#include "loops/loops.h"

namespace kd {

/** Whether a convolution can be computed so, faster, and the user lets it. */
bool winogradTakes(const State& state, const ConvolutionShape& shape);

/** The tiles of a convolution's output, or, backward, of the gradient of its input. */
TileGrid tileGrid(const ConvolutionShape& shape, bool backward);

/** Floats of the filter as 36 matrices, and of the memory that a thread works in. */
size_t winogradFilterSize(const TileGrid& grid);
size_t winogradScratchSize(const TileGrid& grid);

/** A filter [3, 3, in, out], times one number per output channel unless null, as 36 matrices; on all threads. */
void winogradFilter(const TileGrid& grid, const float* filter, const float* scale, float* transformed);

/** In how many parts, one for each thread, so many images are worth sharing out; each needs scratch memory of its own. */
size_t winogradParts(const TileGrid& grid, size_t images);

/** The convolution of some images; false where NaN or infinity came out, and it has to be computed directly. */
bool winogradImages(const TileGrid& grid, const float* x, const float* filter, const ConvolutionEnding& ending, float* y,
                    size_t images, size_t parts, float* scratch);

/** y = x * filter [+ bias], false as above. */
bool winogradConvolution(State& state, const ConvolutionShape& shape, const float* x, const float* filter, const float* bias,
                         float* y);
/** The gradient of the images. */
bool winogradInputGrad(State& state, const ConvolutionShape& shape, const float* dy, const float* filter, float* dx);
/** The gradient of the filter. */
bool winogradFilterGrad(State& state, const ConvolutionShape& shape, const float* x, const float* dy, float* dFilter);

}  // namespace kd
