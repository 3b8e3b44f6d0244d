#include "declarations.h"

namespace kd::KD_ISA {

void depthwiseFilterGrad(const Window& w, const float* x, const float* dy, float* sums) {
  const auto channels = static_cast<size_t>(w.channels);
  const auto visitTaps = [&](int64_t outY, int64_t outX, const float* from) {
    for (int64_t ky = 0; ky < w.height; ++ky) {
      const int64_t y = outY * w.strideY - w.padTop + ky * w.dilationY;
      if (y < 0 || y >= w.inHeight) continue;
      for (int64_t kx = 0; kx < w.width; ++kx) {
        const int64_t column = outX * w.strideX - w.padLeft + kx * w.dilationX;
        if (column < 0 || column >= w.inWidth) continue;
        const float* pixel = x + static_cast<size_t>(y * w.inWidth + column) * channels;
        float* to = sums + static_cast<size_t>(ky * w.width + kx) * channels;
#pragma GCC ivdep
        for (size_t c = 0; c < channels; ++c) to[c] += pixel[c] * from[c];
      }
    }
  };
  for (int64_t outY = 0; outY < w.outHeight; ++outY) {
    for (int64_t outX = 0; outX < w.outWidth; ++outX, dy += channels) visitTaps(outY, outX, dy);
  }
}

}  // namespace kd::KD_ISA
