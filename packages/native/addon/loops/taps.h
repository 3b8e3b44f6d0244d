// The taps of a window that moves over an image.
#pragma once

#include "loops.h"

namespace kd::KD_ISA {

/** Calls visit(input offset, tap) for every tap of the window at (outY, outX) that lies inside the image; returns their number. */
template <typename Visit>
inline size_t taps(const Window& w, int64_t outY, int64_t outX, Visit visit) {
  size_t count = 0;
  for (int64_t ky = 0; ky < w.height; ++ky) {
    const int64_t y = outY * w.strideY - w.padTop + ky * w.dilationY;
    if (y < 0 || y >= w.inHeight) continue;
    for (int64_t kx = 0; kx < w.width; ++kx) {
      const int64_t x = outX * w.strideX - w.padLeft + kx * w.dilationX;
      if (x < 0 || x >= w.inWidth) continue;
      visit(static_cast<size_t>((y * w.inWidth + x) * w.channels), static_cast<size_t>(ky * w.width + kx));
      ++count;
    }
  }
  return count;
}

}  // namespace kd::KD_ISA
