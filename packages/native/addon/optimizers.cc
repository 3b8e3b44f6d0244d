#include <algorithm>
#include <string>
#include <vector>

#include "exports.h"
#include "loops/loops.h"
#include "parallel.h"

namespace kd {

namespace {

/**
 * The tensors of a step: of each the variable, its gradient, its slots before (or nothing at the first step), the new variable
 * and the new slots.
 */
class StepTensors {
 public:
  StepTensors(const Call& call, int64_t count, size_t slots) : slots_(slots) {
    const size_t each = 3 + 2 * slots;
    if (static_cast<size_t>(count) != (call.count() - 1) / each || (call.count() - 1) % each != 0) {
      throw ArgumentError("a step on " + std::to_string(count) + " variables must have " + std::to_string(each) +
                          " arrays for each, got " + std::to_string(call.count() - 1) + " in all");
    }
    for (size_t tensor = 0; tensor < static_cast<size_t>(count); ++tensor) add(call, tensor * each);
  }

  /** Runs body(tensor, begin, end) for parts of tensors, whose work threads share as if all were one. */
  template <typename Body>
  void forEachPart(const Body& body) const {
    parallel(size_, grain, [&](size_t begin, size_t end) {
      size_t start = 0;
      for (const Tensor& tensor : tensors_) {
        if (start >= end) break;
        const size_t from = std::max(begin, start), to = std::min(end, start + tensor.size);
        if (from < to) body(tensor, from - start, to - start);
        start += tensor.size;
      }
    });
  }

  struct Tensor {
    size_t size;
    const float *variable, *gradient;
    const float* before[2];
    float *newVariable, *after[2];

    /** Whether the slots hold nothing yet. */
    bool isFirst() const { return before[0] == nullptr; }
  };

 private:
  void add(const Call& call, size_t first) {
    Tensor tensor{};
    const Span<float> variable = call.floats(first, 0);
    tensor.size = variable.size;
    tensor.variable = variable.data;
    tensor.gradient = call.floats(first + 1, tensor.size).data;
    bool hasSlots = true;
    for (size_t slot = 0; slot < slots_; ++slot) hasSlots = hasSlots && call.has(first + 2 + slot);
    for (size_t slot = 0; slot < slots_; ++slot) {
      if (hasSlots) tensor.before[slot] = call.floats(first + 2 + slot, tensor.size).data;
      tensor.after[slot] = call.floats(first + 3 + slots_ + slot, tensor.size).data;
    }
    tensor.newVariable = call.floats(first + 2 + slots_, tensor.size).data;
    size_ += tensor.size;
    tensors_.push_back(tensor);
  }

  size_t slots_;
  size_t size_ = 0;
  std::vector<Tensor> tensors_;
};

using Tensor = StepTensors::Tensor;

Numbers lastNumbers(const Call& call) {
  if (call.count() == 0) throw ArgumentError("a step must have arguments");
  return call.numbers(call.count() - 1);
}

// sgd(of each tensor: variable, gradient, momentum or undefined, newVariable, newMomentum; without the third and the last where
//     momentum is 0; [tensors, learningRate, momentum, weightDecay, nesterov, decoupled])
void sgd(Call& call) {
  const Numbers n = lastNumbers(call);
  const auto real = [&n](size_t index) { return static_cast<float>(n.real(index)); };
  const SgdStep step{real(1), real(2), real(3), n.flag(4), n.flag(5), false};
  StepTensors(call, n.size(0), step.momentum > 0 ? 1 : 0).forEachPart([&step](const Tensor& tensor, size_t begin, size_t end) {
    SgdStep own = step;
    own.first = tensor.isFirst();
    const float* before = own.first ? nullptr : tensor.before[0] + begin;
    float* after = tensor.after[0] == nullptr ? nullptr : tensor.after[0] + begin;
    loops().sgd(own, tensor.variable + begin, tensor.gradient + begin, before, tensor.newVariable + begin, after, end - begin);
  });
}

// adam(of each tensor: variable, gradient, mean and square or undefined, newVariable, newMean, newSquare;
//      [tensors, learningRate, beta1, beta2, epsilon, weightDecay, correction1, correction2, decoupled])
void adam(Call& call) {
  const Numbers n = lastNumbers(call);
  const auto real = [&n](size_t index) { return static_cast<float>(n.real(index)); };
  const AdamStep step{real(1), real(2), real(3), real(4), real(5), real(6), real(7), n.flag(8), false};
  StepTensors(call, n.size(0), 2).forEachPart([&step](const Tensor& tensor, size_t begin, size_t end) {
    AdamStep own = step;
    own.first = tensor.isFirst();
    const float* mean = own.first ? tensor.gradient : tensor.before[0];
    const float* square = own.first ? tensor.gradient : tensor.before[1];
    loops().adam(own, tensor.variable + begin, tensor.gradient + begin, mean + begin, square + begin,
                 tensor.newVariable + begin, tensor.after[0] + begin, tensor.after[1] + begin, end - begin);
  });
}

}  // namespace

std::vector<Export> optimizerExports() { return {{"sgd", entry<sgd>}, {"adam", entry<adam>}}; }

}  // namespace kd
