#include <cmath>

#include "declarations.h"
#include "mathematics.h"

// Softmax, losses and errors of rows of class scores. The formulas are those of the kernels' loops in JavaScript; each row's maximum
// is taken off first, so that no exponential overflows.
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

/** What turns a row's logits into its softmax. */
struct Normalizer {
  float most, total;
  Normalizer(const float* logits, size_t size) : most(static_cast<float>(reduceRow(Reduction::max, logits, size))), total(0) {
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < size; ++i) sum += exponential(logits[i] - most);
    total = sum;
  }
  float probability(float logit) const { return exponential(logit - most) / total; }
};

}  // namespace

void softmax(const Rows& block) {
  const float* logits = block.inputs[0];
  float* out = block.output;
  const size_t rows = block.rows, classes = block.classes;
  const float temperature = attribute(block, 0);
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

void softmaxGrad(const Rows& block) {
  const float* probabilities = block.inputs[0];
  const float* dy = block.inputs[1];
  float* dx = block.output;
  const size_t rows = block.rows, classes = block.classes;
  const float temperature = attribute(block, 0);
  for (size_t row = 0; row < rows; ++row, probabilities += classes, dy += classes, dx += classes) {
    float mean = 0;
#pragma omp simd reduction(+ : mean)
    for (size_t i = 0; i < classes; ++i) mean += probabilities[i] * dy[i];
    for (size_t i = 0; i < classes; ++i) dx[i] = probabilities[i] * (dy[i] - mean) / temperature;
  }
}

void crossEntropy(const Rows& block) {
  const float* logits = block.inputs[0];
  const int32_t* labels = block.labels;
  float* losses = block.output;
  const size_t rows = block.rows, classes = block.classes;
  for (size_t row = 0; row < rows; ++row, logits += classes) {
    const float most = maximum(logits, classes);
    losses[row] = logSumExp(logits, classes, most, 1) + (most - logits[labels[row]]);
  }
}

void crossEntropyGrad(const Rows& block) {
  const float* logits = block.inputs[0];
  const int32_t* labels = block.labels;
  const float* dy = block.inputs[2];
  float* dx = block.output;
  const size_t rows = block.rows, classes = block.classes;
  for (size_t row = 0; row < rows; ++row, logits += classes, dx += classes) {
    const float most = maximum(logits, classes);
    const float normalizer = logSumExp(logits, classes, most, 1);
    for (size_t i = 0; i < classes; ++i) dx[i] = dy[row] * exponential((logits[i] - most) - normalizer);
    dx[labels[row]] -= dy[row];
  }
}

void softCrossEntropy(const Rows& block) {
  const float* logits = block.inputs[0];
  const float* soft = block.inputs[1];
  float* losses = block.output;
  const size_t rows = block.rows, classes = block.classes;
  const float temperature = attribute(block, 0);
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

void softCrossEntropyGrad(const Rows& block) {
  const float* logits = block.inputs[0];
  const float* soft = block.inputs[1];
  const float* dy = block.inputs[2];
  float* dx = block.output;
  const size_t rows = block.rows, classes = block.classes;
  const float temperature = attribute(block, 0);
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

void klDivergence(const Rows& block) {
  const float* teacher = block.inputs[0];
  const float* student = block.inputs[1];
  float* losses = block.output;
  const size_t rows = block.rows, classes = block.classes;
  const float temperature = attribute(block, 0);
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

void klDivergenceGrad(const Rows& block) {
  const float* teacher = block.inputs[0];
  const float* student = block.inputs[1];
  const float* dy = block.inputs[2];
  float* dx = block.output;
  const size_t rows = block.rows, classes = block.classes;
  const float temperature = attribute(block, 0);
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

void meanSquaredError(const Rows& block) {
  const float* actual = block.inputs[0];
  const float* expected = block.inputs[1];
  const float* weights = block.inputs[2];
  float* errors = block.output;
  const size_t rows = block.rows, classes = block.classes;
  const float factor = attribute(block, 0);
  for (size_t row = 0; row < rows; ++row, actual += classes, expected += classes) {
    float total = 0;
#pragma omp simd reduction(+ : total)
    for (size_t i = 0; i < classes; ++i) {
      const float difference = actual[i] - expected[i];
      total += difference * difference;
    }
    errors[row] = factor * weights[row] * total / static_cast<float>(classes);
  }
}

void meanSquaredErrorGrad(const Rows& block) {
  const float* actual = block.inputs[0];
  const float* expected = block.inputs[1];
  const float* weights = block.inputs[2];
  const float* dy = block.inputs[3];
  float* dx = block.output;
  const size_t rows = block.rows, classes = block.classes;
  const float factor = attribute(block, 0);
  for (size_t row = 0; row < rows; ++row, actual += classes, expected += classes, dx += classes) {
    const float scale = 2 * factor * weights[row] * dy[row] / static_cast<float>(classes);
    for (size_t i = 0; i < classes; ++i) dx[i] = scale * (actual[i] - expected[i]);
  }
}

void probabilityError(const Rows& block) {
  const float* logits = block.inputs[0];
  const float* expected = block.inputs[1];
  const float* weights = block.inputs[2];
  float* errors = block.output;
  const size_t rows = block.rows, classes = block.classes;
  for (size_t row = 0; row < rows; ++row, logits += classes, expected += classes) {
    const Normalizer n(logits, classes);
    float total = 0;
#pragma omp simd reduction(+ : total)
    for (size_t i = 0; i < classes; ++i) {
      const float difference = n.probability(logits[i]) - expected[i];
      total += difference * difference;
    }
    errors[row] = weights[row] * total / static_cast<float>(classes);
  }
}

void probabilityErrorGrad(const Rows& block) {
  const float* logits = block.inputs[0];
  const float* expected = block.inputs[1];
  const float* weights = block.inputs[2];
  const float* dy = block.inputs[3];
  float* dx = block.output;
  const size_t rows = block.rows, classes = block.classes;
  for (size_t row = 0; row < rows; ++row, logits += classes, expected += classes, dx += classes) {
    const Normalizer n(logits, classes);
    float mean = 0;
#pragma omp simd reduction(+ : mean)
    for (size_t i = 0; i < classes; ++i) {
      const float probability = n.probability(logits[i]);
      dx[i] = probability;
      mean += probability * (probability - expected[i]);
    }
    const float scale = 2 * weights[row] * dy[row] / static_cast<float>(classes);
    for (size_t i = 0; i < classes; ++i) dx[i] = scale * dx[i] * ((dx[i] - expected[i]) - mean);
  }
}

// 1 - exp(-max(numerator / (denominator + epsilon), 0))
void saturatingRatio(const Rows& block) {
  const float* numerator = block.inputs[0];
  const float* denominator = block.inputs[1];
  float* out = block.output;
  const size_t size = block.rows;
  const float epsilon = attribute(block, 0);
  for (size_t i = 0; i < size; ++i) {
    const float ratio = numerator[i] / (denominator[i] + epsilon);
    out[i] = ratio < 0 ? 0.0f : -ratio;
  }
  unary(Unary::expm1, out, out, size, 0, 0);
  for (size_t i = 0; i < size; ++i) out[i] = -out[i];
}

}  // namespace kd::KD_ISA
