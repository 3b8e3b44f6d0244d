#include "declarations.h"
#include "mathematics.h"

// Rows of class scores and the label of each: weights, margins, and scores that are changed where the label stands. The JavaScript
// loops of the kernels of the same names say the same.
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

}  // namespace

// 1 where the row's largest score is the label's, or is not, else 0; all rows together then give these ones their weights
void topClassWeights(const Rows& block) {
  const float* scores = block.inputs[0];
  const int32_t* labels = block.labels;
  float* out = block.output;
  const size_t rows = block.rows, classes = block.classes;
  const bool wanted = block.attributes[0] != 0;
  for (size_t row = 0; row < rows; ++row, scores += classes) {
    const bool right = firstLargest(scores, classes) == static_cast<size_t>(labels[row]);
    out[row] = right == wanted ? 1.0f : 0.0f;
  }
}

// The weight is that of each such row, or, where `means` is set, of their mean over that of all rows.
void scaleTopClassWeights(const Rows& block) {
  const double weight = block.attributes[1];
  double members = 0;
  for (size_t row = 0; row < block.rows; ++row) members += static_cast<double>(block.output[row]);
  const double divisor = members > 1 ? members : 1;
  const double each = block.attributes[2] != 0 ? weight * static_cast<double>(block.rows) / divisor : weight;
  for (size_t row = 0; row < block.rows; ++row) block.output[row] *= static_cast<float>(each);
}

// mixes a row with its one-hot label, just enough that the label has the largest probability where eta < 1
void raiseLabelProbability(const Rows& block) {
  const float* probabilities = block.inputs[0];
  const int32_t* labels = block.labels;
  float* out = block.output;
  const size_t rows = block.rows, classes = block.classes;
  const float eta = attribute(block, 0);
  const bool rightRowsStay = block.attributes[1] != 0;
  for (size_t row = 0; row < rows; ++row, probabilities += classes, out += classes) {
    const auto target = static_cast<size_t>(labels[row]);
    const size_t top = firstLargest(probabilities, classes);
    const bool keeps = rightRowsStay && top == target;
    const float beta = keeps ? 1.0f : eta / (probabilities[top] - probabilities[target] + 1);
    for (size_t i = 0; i < classes; ++i) out[i] = beta * probabilities[i];
    out[target] += 1 - beta;
  }
}

// the same in logits: the softmax at this temperature of the result is the result above of the softmax
void raiseLabelLogit(const Rows& block) {
  const float* logits = block.inputs[0];
  const int32_t* labels = block.labels;
  float* out = block.output;
  const size_t rows = block.rows, classes = block.classes;
  const float eta = attribute(block, 0);
  const bool rightRowsStay = block.attributes[1] != 0;
  const float temperature = attribute(block, 2);
  for (size_t row = 0; row < rows; ++row, logits += classes, out += classes) {
    copy(logits, out, classes);
    const auto target = static_cast<size_t>(labels[row]);
    const size_t top = firstLargest(logits, classes);
    if (rightRowsStay && top == target) continue;
    const float rest = exponentialsOfOthers(logits, classes, target, logits[top], temperature);
    out[target] = logits[top] + temperature * logarithm((1 + (1 - eta) * rest) / eta);
  }
}

void addMaximumToLabel(const Rows& block) {
  const float* logits = block.inputs[0];
  const int32_t* labels = block.labels;
  float* out = block.output;
  const size_t rows = block.rows, classes = block.classes;
  for (size_t row = 0; row < rows; ++row, logits += classes, out += classes) {
    copy(logits, out, classes);
    out[labels[row]] += logits[firstLargest(logits, classes)];
  }
}

void swapMaximumWithLabel(const Rows& block) {
  const float* logits = block.inputs[0];
  const int32_t* labels = block.labels;
  float* out = block.output;
  const size_t rows = block.rows, classes = block.classes;
  for (size_t row = 0; row < rows; ++row, logits += classes, out += classes) {
    copy(logits, out, classes);
    const size_t top = firstLargest(logits, classes);
    out[top] = logits[labels[row]];
    out[labels[row]] = logits[top];
  }
}

void twoLevelLabels(const Rows& block) {
  const int32_t* labels = block.labels;
  float* out = block.output;
  const size_t rows = block.rows, classes = block.classes;
  const float atLabel = attribute(block, 0);
  const float elsewhere = attribute(block, 1);
  for (size_t row = 0; row < rows; ++row, out += classes) {
    for (size_t i = 0; i < classes; ++i) out[i] = elsewhere;
    out[labels[row]] = atLabel;
  }
}

// log odds of the label against all other classes together
void labelMargin(const Rows& block) {
  const float* logits = block.inputs[0];
  const int32_t* labels = block.labels;
  float* out = block.output;
  const size_t rows = block.rows, classes = block.classes;
  const float temperature = attribute(block, 0);
  for (size_t row = 0; row < rows; ++row, logits += classes) {
    const auto target = static_cast<size_t>(labels[row]);
    const float most = largestOfOthers(logits, classes, target);
    const float total = exponentialsOfOthers(logits, classes, target, most, temperature);
    out[row] = (logits[target] - most) / temperature - logarithm(total);
  }
}

void labelMarginGrad(const Rows& block) {
  const float* logits = block.inputs[0];
  const int32_t* labels = block.labels;
  const float* dy = block.inputs[2];
  float* dx = block.output;
  const size_t rows = block.rows, classes = block.classes;
  const float temperature = attribute(block, 0);
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
