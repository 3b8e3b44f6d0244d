#include "exports.h"
#include "loops/loops.h"
#include "score-table.h"

namespace kd {

namespace {

// softmax(logits, out, [rows, classes, temperature])
void softmax(Call& call) {
  const ScaledTable t(call.numbers(2));
  const float* logits = call.floats(0, t.size).data;
  float* out = call.floats(1, t.size).data;
  parallel(t.rows, t.least(), [&](size_t begin, size_t end) {
    loops().softmax(logits + begin * t.classes, out + begin * t.classes, end - begin, t.classes, t.factor);
  });
}

// crossEntropy(logits, labels, losses, [rows, classes])
void crossEntropy(Call& call) {
  const Table t(call.numbers(3));
  const int32_t* labels = checkedLabels(call, 1, t, "crossEntropy");
  const float* logits = call.floats(0, t.size).data;
  float* losses = call.floats(2, t.rows).data;
  parallel(t.rows, t.least(), [&](size_t begin, size_t end) {
    loops().crossEntropy(logits + begin * t.classes, labels + begin, losses + begin, end - begin, t.classes);
  });
}

// crossEntropyGrad(logits, labels, dy, dx, [rows, classes])
void crossEntropyGrad(Call& call) {
  const Table t(call.numbers(4));
  const int32_t* labels = checkedLabels(call, 1, t, "crossEntropy");
  const float* logits = call.floats(0, t.size).data;
  const float* dy = call.floats(2, t.rows).data;
  float* dx = call.floats(3, t.size).data;
  parallel(t.rows, t.least(), [&](size_t begin, size_t end) {
    loops().crossEntropyGrad(logits + begin * t.classes, labels + begin, dy + begin, dx + begin * t.classes, end - begin, t.classes);
  });
}

// pairLoss(first, second, losses, [rows, classes, temperature])
template <void (*Loops::*loop)(const float*, const float*, float*, size_t, size_t, float)>
void pairLoss(Call& call) {
  const ScaledTable t(call.numbers(3));
  const float* first = call.floats(0, t.size).data;
  const float* second = call.floats(1, t.size).data;
  float* losses = call.floats(2, t.rows).data;
  parallel(t.rows, t.least(), [&](size_t begin, size_t end) {
    (loops().*loop)(first + begin * t.classes, second + begin * t.classes, losses + begin, end - begin, t.classes, t.factor);
  });
}

// pairLossGrad(first, second, dy, dx, [rows, classes, temperature])
template <void (*Loops::*loop)(const float*, const float*, const float*, float*, size_t, size_t, float)>
void pairLossGrad(Call& call) {
  const ScaledTable t(call.numbers(4));
  const float* first = call.floats(0, t.size).data;
  const float* second = call.floats(1, t.size).data;
  const float* dy = call.floats(2, t.rows).data;
  float* dx = call.floats(3, t.size).data;
  parallel(t.rows, t.least(), [&](size_t begin, size_t end) {
    (loops().*loop)(first + begin * t.classes, second + begin * t.classes, dy + begin, dx + begin * t.classes, end - begin,
                    t.classes, t.factor);
  });
}

}  // namespace

std::vector<Export> lossExports() {
  return {{"softmax", entry<softmax>},
          {"crossEntropy", entry<crossEntropy>},
          {"crossEntropyGrad", entry<crossEntropyGrad>},
          {"softCrossEntropy", entry<pairLoss<&Loops::softCrossEntropy>>},
          {"softCrossEntropyGrad", entry<pairLossGrad<&Loops::softCrossEntropyGrad>>},
          {"klDivergence", entry<pairLoss<&Loops::klDivergence>>},
          {"klDivergenceGrad", entry<pairLossGrad<&Loops::klDivergenceGrad>>}};
}

}  // namespace kd
