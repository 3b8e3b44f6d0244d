// Convolutions that read nothing outside of the image. Without AVX-512, oneDNN gathers the windows with zeros for the padding and
// multiplies them like the rest; zero times infinity is NaN. These are for numbers that are not finite, and slow.
#pragma once

#include <algorithm>
#include <cstring>

#include "column-sums.h"
#include "convolution-shape.h"
#include "parallel.h"

namespace kd {

inline bool allFinite(const float* values, size_t size) {
  uint32_t largest = 0;
  for (size_t index = 0; index < size; ++index) {
    uint32_t bits;
    std::memcpy(&bits, values + index, sizeof bits);
    largest = std::max(largest, bits & 0x7fffffffu);
  }
  return largest < 0x7f800000u;
}

/**
 * Calls visit(pixel, filterPixel) for every place of the filter that lies inside the image when it gives the output at row and
 * column: the indices of the input's pixel within its image, and of the place within the filter.
 */
template <typename Visit>
void visitWindow(const ConvolutionShape& s, int64_t row, int64_t column, const Visit& visit) {
  for (int64_t i = 0; i < s.height; ++i) {
    const int64_t y = row * s.strideY - s.top + i * s.dilationY;
    if (y < 0 || y >= s.inHeight) continue;
    for (int64_t j = 0; j < s.width; ++j) {
      const int64_t x = column * s.strideX - s.left + j * s.dilationX;
      if (x >= 0 && x < s.inWidth) visit(static_cast<size_t>(y * s.inWidth + x), static_cast<size_t>(i * s.width + j));
    }
  }
}

inline void exactConvolution(const ConvolutionShape& s, const float* x, const float* filter, const float* bias, float* y) {
  const auto in = static_cast<size_t>(s.inChannels), out = static_cast<size_t>(s.outChannels);
  const auto rows = static_cast<size_t>(s.outHeight), imageSize = static_cast<size_t>(s.inHeight * s.inWidth) * in;
  parallel(static_cast<size_t>(s.batch) * rows, 1, [&](size_t first, size_t last) {
    for (size_t line = first; line < last; ++line) {
      const float* image = x + line / rows * imageSize;
      for (int64_t column = 0; column < s.outWidth; ++column) {
        float* result = y + (line * static_cast<size_t>(s.outWidth) + static_cast<size_t>(column)) * out;
        if (bias) std::copy(bias, bias + out, result);
        else std::fill(result, result + out, 0.0f);
        visitWindow(s, static_cast<int64_t>(line % rows), column, [&](size_t pixel, size_t place) {
          const float* source = image + pixel * in;
          if (s.depthwise) {
            const float* weights = filter + place * out;
            for (size_t channel = 0; channel < out; ++channel) result[channel] += source[channel / (out / in)] * weights[channel];
            return;
          }
          for (size_t from = 0; from < in; ++from) {
            const float* weights = filter + (place * in + from) * out;
            for (size_t channel = 0; channel < out; ++channel) result[channel] += source[from] * weights[channel];
          }
        });
      }
    }
  });
}

inline void exactFilterGrad(State& state, const ConvolutionShape& s, const float* x, const float* dy, float* dFilter) {
  const auto in = static_cast<size_t>(s.inChannels), out = static_cast<size_t>(s.outChannels), size = s.filterSize();
  const auto imageSize = static_cast<size_t>(s.inHeight * s.inWidth) * in;
  const auto block = [&](size_t first, size_t images, float* partial) {
    std::fill(partial, partial + size, 0.0f);
    for (size_t index = first; index < first + images; ++index) {
      const float* grad = dy + index * static_cast<size_t>(s.outHeight * s.outWidth) * out;
      for (int64_t row = 0; row < s.outHeight; ++row) {
        for (int64_t column = 0; column < s.outWidth; ++column, grad += out) {
          visitWindow(s, row, column, [&](size_t pixel, size_t place) {
            const float* source = x + index * imageSize + pixel * in;
            if (s.depthwise) {
              float* target = partial + place * out;
              for (size_t channel = 0; channel < out; ++channel) target[channel] += source[channel / (out / in)] * grad[channel];
              return;
            }
            for (size_t from = 0; from < in; ++from) {
              float* target = partial + (place * in + from) * out;
              for (size_t channel = 0; channel < out; ++channel) target[channel] += source[from] * grad[channel];
            }
          });
        }
      }
    }
  };
  columnSums(state, static_cast<size_t>(s.batch), size, block,
             [&](size_t index, double total) { dFilter[index] = static_cast<float>(total); });
}

}  // namespace kd
