// What a window over an image may be: within these bounds all products of its numbers fit, here and in oneDNN, which has 32 bits.
#pragma once

#include <cstdint>
#include <string>

#include "call.h"

namespace kd {

/** Places that a window may reach over, skip at a step, or begin outside of the image. */
inline constexpr int64_t mostPlaces = 1 << 16;

/** Throws ArgumentError for a window that is out of bounds along one axis. */
inline void assertWindow(const char* kernel, int64_t size, int64_t stride, int64_t dilation, int64_t before, int64_t after) {
  const auto assertPlaces = [&](const char* what, int64_t places) {
    if (places <= mostPlaces) return;
    throw ArgumentError(std::string(kernel) + ": " + what + " must be at most " + std::to_string(mostPlaces) + ", got " +
                        std::to_string(places));
  };
  assertPlaces("what a window reaches over", (size - 1) * dilation + 1);
  assertPlaces("a stride", stride);
  assertPlaces("padding", before);
  assertPlaces("padding", after);
}

}  // namespace kd
