#include "declarations.h"

namespace kd::KD_ISA {

void moments(const float* x, size_t rows, size_t columns, float* mean, float* squares, float* residues) {
  reduceColumns(Reduction::sum, x, rows, columns, mean);
  const auto count = static_cast<float>(rows);
  for (size_t c = 0; c < columns; ++c) {
    mean[c] /= count;
    squares[c] = residues[c] = 0;
  }
  for (size_t row = 0; row < rows; ++row, x += columns) {
#pragma GCC ivdep
    for (size_t c = 0; c < columns; ++c) {
      const float centred = x[c] - mean[c];
      squares[c] += centred * centred;
      residues[c] += centred;
    }
  }
  // What is left shows by how much the rounded mean is off: of a column of one number nothing must be left.
  for (size_t c = 0; c < columns; ++c) {
    const float off = residues[c] / count;
    mean[c] += off;
    const float rest = squares[c] - residues[c] * off;
    squares[c] = rest < 0 ? 0.0f : rest;
  }
}

namespace {

inline float rectified(float x) { return x < 0 ? 0.0f : x; }

/** The gradient before a relu, by its output; a NaN there stays visible. */
inline float rectifiedGrad(float dy, float y) { return y > 0 ? dy : y != y ? y : 0.0f; }

}  // namespace

void normalize(const float* x, const float* mean, const float* scale, const float* shift, const float* residual, float* y,
               size_t rows, size_t columns, bool relu) {
  const auto run = [&](auto finish) {
    for (size_t row = 0; row < rows; ++row) {
      const float* in = x + row * columns;
      float* out = y + row * columns;
      const size_t first = row * columns;
#pragma GCC ivdep
      for (size_t c = 0; c < columns; ++c) out[c] = finish((in[c] - mean[c]) * scale[c] + shift[c], first + c);
    }
  };
  if (residual != nullptr && relu) {
    run([residual](float value, size_t i) { return rectified(value + residual[i]); });
  } else if (residual != nullptr) {
    run([residual](float value, size_t i) { return value + residual[i]; });
  } else if (relu) {
    run([](float value, size_t) { return rectified(value); });
  } else {
    run([](float value, size_t) { return value; });
  }
}

void normGradSums(const float* x, const float* dy, const float* y, const float* mean, size_t rows, size_t columns, float* sumDy,
                  float* sumDyX, float* masked) {
  for (size_t c = 0; c < columns; ++c) sumDy[c] = sumDyX[c] = 0;
  const auto run = [&](auto gradient) {
    for (size_t row = 0; row < rows; ++row) {
      const size_t first = row * columns;
#pragma GCC ivdep
      for (size_t c = 0; c < columns; ++c) {
        const float d = gradient(first + c);
        sumDy[c] += d;
        sumDyX[c] += d * (x[first + c] - mean[c]);
      }
    }
  };
  if (masked != nullptr) {
    run([=](size_t i) { return masked[i] = rectifiedGrad(dy[i], y[i]); });
  } else if (y != nullptr) {
    run([=](size_t i) { return rectifiedGrad(dy[i], y[i]); });
  } else {
    run([=](size_t i) { return dy[i]; });
  }
}

void normGrad(const float* x, const float* dy, const float* y, const float* mean, const float* a, const float* b, const float* c,
              float* dx, size_t rows, size_t columns) {
  const auto run = [&](auto gradient) {
    for (size_t row = 0; row < rows; ++row) {
      const size_t first = row * columns;
#pragma GCC ivdep
      for (size_t i = 0; i < columns; ++i) dx[first + i] = a[i] * gradient(first + i) + b[i] * (x[first + i] - mean[i]) + c[i];
    }
  };
  if (y != nullptr) {
    run([=](size_t i) { return rectifiedGrad(dy[i], y[i]); });
  } else {
    run([=](size_t i) { return dy[i]; });
  }
}

void addRectify(const float* x, const float* residual, float* y, size_t size, bool relu, float most) {
  const auto limited = [most](float value) { return value > most ? most : value; };
  if (residual != nullptr && relu) {
    for (size_t i = 0; i < size; ++i) y[i] = limited(rectified(x[i] + residual[i]));
  } else if (residual != nullptr) {
    for (size_t i = 0; i < size; ++i) y[i] = x[i] + residual[i];
  } else {
    for (size_t i = 0; i < size; ++i) y[i] = limited(rectified(x[i]));
  }
}

void foldFilter(const float* filter, const float* scale, float* folded, size_t rows, size_t columns) {
  for (size_t row = 0; row < rows; ++row, filter += columns, folded += columns) {
#pragma GCC ivdep
    for (size_t c = 0; c < columns; ++c) folded[c] = filter[c] * scale[c];
  }
}

}  // namespace kd::KD_ISA
