// The taps of a window that moves over an image.
#pragma once

#include <algorithm>

#include "loops.h"

namespace kd::KD_ISA {

/** The first tap of a window that begins at `begin` and lies inside the image. */
inline int64_t firstInside(int64_t begin, int64_t dilation) { return begin >= 0 ? 0 : (-begin + dilation - 1) / dilation; }

/** One more than the last tap of a window of `size` taps that lies inside an image of `places`. */
inline int64_t pastLast(int64_t size, int64_t begin, int64_t dilation, int64_t places) {
  return begin >= places ? 0 : std::min(size, (places - 1 - begin) / dilation + 1);
}

/** Calls visit(input offset, tap) for every tap of the window at (outY, outX) that lies inside the image; returns their number. */
template <typename Visit>
inline size_t taps(const Window& w, int64_t outY, int64_t outX, Visit visit) {
  size_t count = 0;
  const int64_t top = outY * w.strideY - w.padTop, left = outX * w.strideX - w.padLeft;
  const int64_t endY = pastLast(w.height, top, w.dilationY, w.inHeight), endX = pastLast(w.width, left, w.dilationX, w.inWidth);
  for (int64_t ky = firstInside(top, w.dilationY); ky < endY; ++ky) {
    const int64_t y = top + ky * w.dilationY;
    for (int64_t kx = firstInside(left, w.dilationX); kx < endX; ++kx) {
      const int64_t x = left + kx * w.dilationX;
      visit(static_cast<size_t>((y * w.inWidth + x) * w.channels), static_cast<size_t>(ky * w.width + kx));
      ++count;
    }
  }
  return count;
}

}  // namespace kd::KD_ISA
