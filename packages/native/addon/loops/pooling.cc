#include "declarations.h"
#include "mathematics.h"
#include "taps.h"

namespace kd::KD_ISA {

void maxPool(const Window& w, const float* x, float* y) {
  const auto channels = static_cast<size_t>(w.channels);
  for (int64_t outY = 0; outY < w.outHeight; ++outY) {
    for (int64_t outX = 0; outX < w.outWidth; ++outX, y += channels) {
      for (size_t c = 0; c < channels; ++c) y[c] = -infinity();
      taps(w, outY, outX, [&](size_t offset, size_t) {
        const float* from = x + offset;
#pragma GCC ivdep
        for (size_t c = 0; c < channels; ++c) y[c] = from[c] > y[c] ? from[c] : y[c];
      });
    }
  }
}

void avgPool(const Window& w, const float* x, float* y) {
  const auto channels = static_cast<size_t>(w.channels);
  for (int64_t outY = 0; outY < w.outHeight; ++outY) {
    for (int64_t outX = 0; outX < w.outWidth; ++outX, y += channels) {
      for (size_t c = 0; c < channels; ++c) y[c] = 0;
      const size_t count = taps(w, outY, outX, [&](size_t offset, size_t) {
        const float* from = x + offset;
#pragma GCC ivdep
        for (size_t c = 0; c < channels; ++c) y[c] += from[c];
      });
      const auto divisor = static_cast<float>(count);
      for (size_t c = 0; c < channels; ++c) y[c] /= divisor;
    }
  }
}

void maxPoolGrad(const Window& w, const float* x, const float* y, const float* dy, float* dx, uint8_t* taken) {
  const auto channels = static_cast<size_t>(w.channels);
  for (int64_t outY = 0; outY < w.outHeight; ++outY) {
    for (int64_t outX = 0; outX < w.outWidth; ++outX, y += channels, dy += channels) {
      // The first tap that equals the maximum takes the gradient; a window of -Infinity has none.
      for (size_t c = 0; c < channels; ++c) taken[c] = y[c] == -infinity() ? 1 : 0;
      taps(w, outY, outX, [&](size_t offset, size_t) {
        const float* from = x + offset;
        float* to = dx + offset;
#pragma GCC ivdep
        for (size_t c = 0; c < channels; ++c) {
          const bool takes = (from[c] == y[c]) & (taken[c] == 0);
          to[c] += takes ? dy[c] : 0.0f;
          taken[c] = static_cast<uint8_t>(taken[c] | static_cast<uint8_t>(takes));
        }
      });
    }
  }
}

void avgPoolGrad(const Window& w, const float* dy, float* dx) {
  const auto channels = static_cast<size_t>(w.channels);
  // As the cpu engine does, also where a window hangs over the edge.
  const float share = 1.0f / static_cast<float>(w.height * w.width);
  for (int64_t outY = 0; outY < w.outHeight; ++outY) {
    for (int64_t outX = 0; outX < w.outWidth; ++outX, dy += channels) {
      taps(w, outY, outX, [&](size_t offset, size_t) {
        float* to = dx + offset;
#pragma GCC ivdep
        for (size_t c = 0; c < channels; ++c) to[c] += dy[c] * share;
      });
    }
  }
}

}  // namespace kd::KD_ISA
