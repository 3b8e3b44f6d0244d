#include "declarations.h"
#include "mathematics.h"

// Rows of class scores, as the distillation methods of @kd/losses change and compare them; its JavaScript loops say the same.
namespace kd::KD_ISA {

namespace {

/** The first of the largest; a NaN in front is never exceeded. */
inline size_t firstLargest(const float* x, size_t size) {
  const float most = static_cast<float>(reduceRow(Reduction::max, x, size));
  if (most != most) return argMaxRow(x, size, false);
  for (size_t i = 0; i < size; ++i) {
    if (x[i] == most) return i;
  }
  return 0;
}

inline void copy(const float* x, float* y, size_t size) {
  for (size_t i = 0; i < size; ++i) y[i] = x[i];
}

inline float largestOfOthers(const float* x, size_t size, size_t target) {
  float most = -infinity();
#pragma omp simd reduction(max : most)
  for (size_t i = 0; i < target; ++i) most = x[i] > most ? x[i] : most;
#pragma omp simd reduction(max : most)
  for (size_t i = target + 1; i < size; ++i) most = x[i] > most ? x[i] : most;
  return most;
}

/** The sum of exp((x - most) / temperature) over all classes but one. */
inline float exponentialsOfOthers(const float* x, size_t size, size_t target, float most, float temperature) {
  float total = 0;
#pragma omp simd reduction(+ : total)
  for (size_t i = 0; i < size; ++i) {
    const float term = exponential((x[i] - most) / temperature);
    total += i == target ? 0.0f : term;
  }
  return total;
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

void softmaxGrad(const float* probabilities, const float* dy, float* dx, size_t rows, size_t classes, float temperature) {
  for (size_t row = 0; row < rows; ++row, probabilities += classes, dy += classes, dx += classes) {
    float mean = 0;
#pragma omp simd reduction(+ : mean)
    for (size_t i = 0; i < classes; ++i) mean += probabilities[i] * dy[i];
    for (size_t i = 0; i < classes; ++i) dx[i] = probabilities[i] * (dy[i] - mean) / temperature;
  }
}

void meanSquaredError(const float* actual, const float* expected, const float* weights, float* errors, size_t rows,
                      size_t classes, float factor) {
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

void meanSquaredErrorGrad(const float* actual, const float* expected, const float* weights, const float* dy, float* dx,
                          size_t rows, size_t classes, float factor) {
  for (size_t row = 0; row < rows; ++row, actual += classes, expected += classes, dx += classes) {
    const float scale = 2 * factor * weights[row] * dy[row] / static_cast<float>(classes);
    for (size_t i = 0; i < classes; ++i) dx[i] = scale * (actual[i] - expected[i]);
  }
}

void probabilityError(const float* logits, const float* expected, const float* weights, float* errors, size_t rows,
                      size_t classes, float factor) {
  for (size_t row = 0; row < rows; ++row, logits += classes, expected += classes) {
    const Normalizer n(logits, classes);
    float total = 0;
#pragma omp simd reduction(+ : total)
    for (size_t i = 0; i < classes; ++i) {
      const float difference = n.probability(logits[i]) - expected[i];
      total += difference * difference;
    }
    errors[row] = factor * weights[row] * total / static_cast<float>(classes);
  }
}

void probabilityErrorGrad(const float* logits, const float* expected, const float* weights, const float* dy, float* dx,
                          size_t rows, size_t classes, float factor) {
  for (size_t row = 0; row < rows; ++row, logits += classes, expected += classes, dx += classes) {
    const Normalizer n(logits, classes);
    float mean = 0;
#pragma omp simd reduction(+ : mean)
    for (size_t i = 0; i < classes; ++i) {
      const float probability = n.probability(logits[i]);
      dx[i] = probability;
      mean += probability * (probability - expected[i]);
    }
    const float scale = 2 * factor * weights[row] * dy[row] / static_cast<float>(classes);
    for (size_t i = 0; i < classes; ++i) dx[i] = scale * dx[i] * ((dx[i] - expected[i]) - mean);
  }
}

// epsilon
void softLabelWeights(const float* student, const float* teacher, float* out, size_t size, float epsilon) {
  for (size_t i = 0; i < size; ++i) {
    const float ratio = student[i] / (teacher[i] + epsilon);
    out[i] = ratio < 0 ? 0.0f : -ratio;
  }
  unary(Unary::expm1, out, out, size, 0, 0);
  for (size_t i = 0; i < size; ++i) out[i] = -out[i];
}

// 1 where the largest score is the label's, else 0; the other way round where factors[0] is 0
void groupMembers(const float* scores, const int32_t* labels, float* out, size_t rows, size_t classes, const float* factors) {
  for (size_t row = 0; row < rows; ++row, scores += classes) {
    const bool right = firstLargest(scores, classes) == static_cast<size_t>(labels[row]);
    out[row] = right == (factors[0] != 0) ? 1.0f : 0.0f;
  }
}

// eta, whether rows whose largest score is the label's stay
void reviseSoftLabels(const float* soft, const int32_t* labels, float* out, size_t rows, size_t classes, const float* factors) {
  for (size_t row = 0; row < rows; ++row, soft += classes, out += classes) {
    const auto target = static_cast<size_t>(labels[row]);
    const size_t top = firstLargest(soft, classes);
    const bool keeps = factors[1] != 0 && top == target;
    const float beta = keeps ? 1.0f : factors[0] / (soft[top] - soft[target] + 1);
    for (size_t i = 0; i < classes; ++i) out[i] = beta * soft[i];
    out[target] += 1 - beta;
  }
}

// eta, whether rows whose largest score is the label's stay, temperature
void reviseTeacherLogits(const float* logits, const int32_t* labels, float* out, size_t rows, size_t classes,
                         const float* factors) {
  for (size_t row = 0; row < rows; ++row, logits += classes, out += classes) {
    copy(logits, out, classes);
    const auto target = static_cast<size_t>(labels[row]);
    const size_t top = firstLargest(logits, classes);
    if (factors[1] != 0 && top == target) continue;
    const float rest = exponentialsOfOthers(logits, classes, target, logits[top], factors[2]);
    out[target] = logits[top] + factors[2] * logarithm((1 + (1 - factors[0]) * rest) / factors[0]);
  }
}

void correctResponse(const float* logits, const int32_t* labels, float* out, size_t rows, size_t classes, const float*) {
  for (size_t row = 0; row < rows; ++row, logits += classes, out += classes) {
    copy(logits, out, classes);
    out[labels[row]] += logits[firstLargest(logits, classes)];
  }
}

void swapLogits(const float* logits, const int32_t* labels, float* out, size_t rows, size_t classes, const float*) {
  for (size_t row = 0; row < rows; ++row, logits += classes, out += classes) {
    copy(logits, out, classes);
    const size_t top = firstLargest(logits, classes);
    out[top] = logits[labels[row]];
    out[labels[row]] = logits[top];
  }
}

// the number at the label, the number elsewhere
void twoLevelLabels(const float*, const int32_t* labels, float* out, size_t rows, size_t classes, const float* factors) {
  for (size_t row = 0; row < rows; ++row, out += classes) {
    for (size_t i = 0; i < classes; ++i) out[i] = factors[1];
    out[labels[row]] = factors[0];
  }
}

// temperature
void labelMargin(const float* logits, const int32_t* labels, float* out, size_t rows, size_t classes, const float* factors) {
  for (size_t row = 0; row < rows; ++row, logits += classes) {
    const auto target = static_cast<size_t>(labels[row]);
    const float most = largestOfOthers(logits, classes, target);
    const float total = exponentialsOfOthers(logits, classes, target, most, factors[0]);
    out[row] = (logits[target] - most) / factors[0] - logarithm(total);
  }
}

void labelMarginGrad(const float* logits, const int32_t* labels, const float* dy, float* dx, size_t rows, size_t classes,
                     float temperature) {
  for (size_t row = 0; row < rows; ++row, logits += classes, dx += classes) {
    const auto target = static_cast<size_t>(labels[row]);
    const float most = largestOfOthers(logits, classes, target);
    const float scale = dy[row] / temperature;
    const float normalizer = logarithm(exponentialsOfOthers(logits, classes, target, most, temperature));
    for (size_t i = 0; i < classes; ++i) dx[i] = -scale * exponential((logits[i] - most) / temperature - normalizer);
    dx[target] = scale;
  }
}

}  // namespace kd::KD_ISA
