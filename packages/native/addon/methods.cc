#include <array>

#include "exports.h"
#include "loops/loops.h"
#include "score-table.h"

namespace kd {

namespace {

// softmaxGrad(probabilities, dy, dx, [rows, classes, temperature])
void softmaxGrad(Call& call) {
  const ScaledTable t(call.numbers(3));
  const float* probabilities = call.floats(0, t.size).data;
  const float* dy = call.floats(1, t.size).data;
  float* dx = call.floats(2, t.size).data;
  parallel(t.rows, t.least(), [&](size_t begin, size_t end) {
    const size_t first = begin * t.classes;
    loops().softmaxGrad(probabilities + first, dy + first, dx + first, end - begin, t.classes, t.factor);
  });
}

// error(actual, expected, weights, errors, [rows, classes, factor])
template <void (*Loops::*loop)(const float*, const float*, const float*, float*, size_t, size_t, float)>
void weightedError(Call& call) {
  const ScaledTable t(call.numbers(4));
  const float* actual = call.floats(0, t.size).data;
  const float* expected = call.floats(1, t.size).data;
  const float* weights = call.floats(2, t.rows).data;
  float* errors = call.floats(3, t.rows).data;
  parallel(t.rows, t.least(), [&](size_t begin, size_t end) {
    const size_t first = begin * t.classes;
    (loops().*loop)(actual + first, expected + first, weights + begin, errors + begin, end - begin, t.classes, t.factor);
  });
}

// errorGrad(actual, expected, weights, dy, dx, [rows, classes, factor])
template <void (*Loops::*loop)(const float*, const float*, const float*, const float*, float*, size_t, size_t, float)>
void weightedErrorGrad(Call& call) {
  const ScaledTable t(call.numbers(5));
  const float* actual = call.floats(0, t.size).data;
  const float* expected = call.floats(1, t.size).data;
  const float* weights = call.floats(2, t.rows).data;
  const float* dy = call.floats(3, t.rows).data;
  float* dx = call.floats(4, t.size).data;
  parallel(t.rows, t.least(), [&](size_t begin, size_t end) {
    const size_t first = begin * t.classes;
    (loops().*loop)(actual + first, expected + first, weights + begin, dy + begin, dx + first, end - begin, t.classes, t.factor);
  });
}

// softLabelWeights(student, teacher, out, [size, epsilon])
void softLabelWeights(Call& call) {
  const Numbers numbers = call.numbers(3);
  const auto size = static_cast<size_t>(numbers.integer(0));
  const auto epsilon = static_cast<float>(numbers.real(1));
  const float* student = call.floats(0, size).data;
  const float* teacher = call.floats(1, size).data;
  float* out = call.floats(2, size).data;
  parallel(size, grain, [&](size_t begin, size_t end) {
    loops().softLabelWeights(student + begin, teacher + begin, out + begin, end - begin, epsilon);
  });
}

/** loop(scores, labels, out, [rows, classes, three factors]), with one number per row in `out`, or as many as scores. */
float* labelled(const Call& call, const char* caller, LabelledLoop loop, bool perRow) {
  const Numbers numbers = call.numbers(3);
  const Table t(numbers);
  const std::array<float, 3> factors{static_cast<float>(numbers.real(2)), static_cast<float>(numbers.real(3)),
                                     static_cast<float>(numbers.real(4))};
  const int32_t* labels = checkedLabels(call, 1, t, caller);
  const size_t width = perRow ? 1 : t.classes;
  const float* scores = call.floats(0, t.size).data;
  float* out = call.floats(2, t.rows * width).data;
  parallel(t.rows, t.least(), [&](size_t begin, size_t end) {
    loop(scores + begin * t.classes, labels + begin, out + begin * width, end - begin, t.classes, factors.data());
  });
  return out;
}

// groupWeights(scores, labels, out, [rows, classes, right, weight, means])
void groupWeights(Call& call) {
  const Numbers numbers = call.numbers(3);
  float* out = labelled(call, "labelRevision", loops().groupMembers, true);
  const auto rows = static_cast<size_t>(numbers.integer(0));
  double members = 0;
  for (size_t row = 0; row < rows; ++row) members += static_cast<double>(out[row]);
  const double each = numbers.flag(4) ? numbers.real(3) * static_cast<double>(rows) / std::max(members, 1.0) : numbers.real(3);
  for (size_t row = 0; row < rows; ++row) out[row] *= static_cast<float>(each);
}

// eta, whether right rows stay
void reviseSoftLabels(Call& call) { labelled(call, "reviseSoftLabels", loops().reviseSoftLabels, false); }
// eta, whether right rows stay, temperature
void reviseTeacherLogits(Call& call) { labelled(call, "reviseTeacherLogits", loops().reviseTeacherLogits, false); }
void correctResponse(Call& call) { labelled(call, "responseCorrection", loops().correctResponse, false); }
void swapLogits(Call& call) { labelled(call, "swapLogits", loops().swapLogits, false); }
// the number at the label, the number elsewhere
void twoLevelLabels(Call& call) { labelled(call, "twoLevelLabels", loops().twoLevelLabels, false); }
// temperature
void labelMargin(Call& call) { labelled(call, "labelMargin", loops().labelMargin, true); }

// labelMarginGrad(logits, labels, dy, dx, [rows, classes, temperature])
void labelMarginGrad(Call& call) {
  const ScaledTable t(call.numbers(4));
  const int32_t* labels = checkedLabels(call, 1, t, "labelMargin");
  const float* logits = call.floats(0, t.size).data;
  const float* dy = call.floats(2, t.rows).data;
  float* dx = call.floats(3, t.size).data;
  parallel(t.rows, t.least(), [&](size_t begin, size_t end) {
    const size_t first = begin * t.classes;
    loops().labelMarginGrad(logits + first, labels + begin, dy + begin, dx + first, end - begin, t.classes, t.factor);
  });
}

}  // namespace

std::vector<Export> methodExports() {
  return {{"softmaxGrad", entry<softmaxGrad>},
          {"meanSquaredError", entry<weightedError<&Loops::meanSquaredError>>},
          {"meanSquaredErrorGrad", entry<weightedErrorGrad<&Loops::meanSquaredErrorGrad>>},
          {"probabilityError", entry<weightedError<&Loops::probabilityError>>},
          {"probabilityErrorGrad", entry<weightedErrorGrad<&Loops::probabilityErrorGrad>>},
          {"softLabelWeights", entry<softLabelWeights>},
          {"groupWeights", entry<groupWeights>},
          {"reviseSoftLabels", entry<reviseSoftLabels>},
          {"reviseTeacherLogits", entry<reviseTeacherLogits>},
          {"correctResponse", entry<correctResponse>},
          {"swapLogits", entry<swapLogits>},
          {"twoLevelLabels", entry<twoLevelLabels>},
          {"labelMargin", entry<labelMargin>},
          {"labelMarginGrad", entry<labelMarginGrad>}};
}

}  // namespace kd
