#include "declarations.h"
#include "taps.h"

namespace kd::KD_ISA {

void depthwiseFilterGrad(const Window& w, const float* x, const float* dy, float* sums) {
  const auto channels = static_cast<size_t>(w.channels);
  for (int64_t outY = 0; outY < w.outHeight; ++outY) {
    for (int64_t outX = 0; outX < w.outWidth; ++outX, dy += channels) {
      taps(w, outY, outX, [&](size_t offset, size_t tap) {
        const float* from = x + offset;
        float* to = sums + tap * channels;
#pragma GCC ivdep
        for (size_t c = 0; c < channels; ++c) to[c] += from[c] * dy[c];
      });
    }
  }
}

}  // namespace kd::KD_ISA
