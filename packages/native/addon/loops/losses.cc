#include <cmath>

#include "declarations.h"
#include "mathematics.h"

// The formulas are those of @kd/core; each row's maximum is taken off first, so that no exponential overflows.
namespace kd::KD_ISA {

namespace {

inline float maximum(const float* x, size_t size) { return static_cast<float>(reduceRow(Reduction::max, x, size)); }

/**
 * log of the sum of exp((x - maximum) / temperature). The sum is 1 and what the others add: in float32 a loss of 0.001 would be
 * wrong in its fifth digit, and methods divide losses by one another.
 */
inline float logSumExp(const float* x, size_t size, float most, float temperature) {
  double total = 0;
#pragma omp simd reduction(+ : total)
  for (size_t i = 0; i < size; ++i) total += exponential((x[i] - most) / temperature);
  return static_cast<float>(std::log(total));
}

}  // namespace

void softmax(const float* logits, float* out, size_t rows, size_t classes, float temperature) {
  for (size_t row = 0; row < rows; ++row, logits += classes, out += classes) {
    const float most = maximum(logits, classes);
    float total = 0;
#pragma omp simd reduction(+ : total)
    for (size_t i = 0; i < classes; ++i) {
      const float value = exponential((logits[i] - most) / temperature);
      out[i] = value;
      total += value;
    }
    for (size_t i = 0; i < classes; ++i) out[i] /= total;
  }
}

void crossEntropy(const float* logits, const int32_t* labels, float* losses, size_t rows, size_t classes) {
  for (size_t row = 0; row < rows; ++row, logits += classes) {
    const float most = maximum(logits, classes);
    losses[row] = logSumExp(logits, classes, most, 1) + (most - logits[labels[row]]);
  }
}

void crossEntropyGrad(const float* logits, const int32_t* labels, const float* dy, float* dx, size_t rows, size_t classes) {
  for (size_t row = 0; row < rows; ++row, logits += classes, dx += classes) {
    const float most = maximum(logits, classes);
    const float normalizer = logSumExp(logits, classes, most, 1);
    for (size_t i = 0; i < classes; ++i) dx[i] = dy[row] * exponential((logits[i] - most) - normalizer);
    dx[labels[row]] -= dy[row];
  }
}

void softCrossEntropy(const float* logits, const float* soft, float* losses, size_t rows, size_t classes, float temperature) {
  for (size_t row = 0; row < rows; ++row, logits += classes, soft += classes) {
    const float most = maximum(logits, classes);
    const float normalizer = logSumExp(logits, classes, most, temperature);
    float loss = 0;
    // A class without weight adds nothing, also where its logit is -Infinity.
#pragma omp simd reduction(+ : loss)
    for (size_t i = 0; i < classes; ++i) {
      const float term = soft[i] * (normalizer - (logits[i] - most) / temperature);
      loss += soft[i] != 0 ? term : 0.0f;
    }
    losses[row] = loss;
  }
}

void softCrossEntropyGrad(const float* logits, const float* soft, const float* dy, float* dx, size_t rows, size_t classes,
                          float temperature) {
  for (size_t row = 0; row < rows; ++row, logits += classes, soft += classes, dx += classes) {
    const float most = maximum(logits, classes);
    const float normalizer = logSumExp(logits, classes, most, temperature);
    float mass = 0;
#pragma omp simd reduction(+ : mass)
    for (size_t i = 0; i < classes; ++i) mass += soft[i];
    const float scale = dy[row] / temperature;
    for (size_t i = 0; i < classes; ++i) {
      dx[i] = scale * (mass * exponential((logits[i] - most) / temperature - normalizer) - soft[i]);
    }
  }
}

void klDivergence(const float* teacher, const float* student, float* losses, size_t rows, size_t classes, float temperature) {
  for (size_t row = 0; row < rows; ++row, teacher += classes, student += classes) {
    const float teacherMost = maximum(teacher, classes);
    const float studentMost = maximum(student, classes);
    // Of two distributions that are nearly the same, whose divergence is what is left of greater numbers.
    double teacherSum = 0, studentSum = 0, weighted = 0;
#pragma omp simd reduction(+ : teacherSum, studentSum, weighted)
    for (size_t i = 0; i < classes; ++i) {
      const float teacherScore = (teacher[i] - teacherMost) / temperature;
      const float studentScore = (student[i] - studentMost) / temperature;
      const float weight = exponential(teacherScore);
      teacherSum += weight;
      studentSum += exponential(studentScore);
      weighted += weight != 0 ? weight * (teacherScore - studentScore) : 0.0f;
    }
    // Never negative but for rounding; NaN stays NaN.
    const double loss = weighted / teacherSum - std::log(teacherSum / studentSum);
    losses[row] = loss < 0 ? 0.0f : static_cast<float>(loss);
  }
}

void klDivergenceGrad(const float* teacher, const float* student, const float* dy, float* dx, size_t rows, size_t classes,
                      float temperature) {
  for (size_t row = 0; row < rows; ++row, teacher += classes, student += classes, dx += classes) {
    const float teacherMost = maximum(teacher, classes);
    const float studentMost = maximum(student, classes);
    const float teacherNormalizer = logSumExp(teacher, classes, teacherMost, temperature);
    const float studentNormalizer = logSumExp(student, classes, studentMost, temperature);
    const float scale = dy[row] / temperature;
    for (size_t i = 0; i < classes; ++i) {
      dx[i] = scale * (exponential((student[i] - studentMost) / temperature - studentNormalizer) -
                       exponential((teacher[i] - teacherMost) / temperature - teacherNormalizer));
    }
  }
}

}  // namespace kd::KD_ISA
