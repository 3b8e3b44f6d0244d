#include <cmath>

#include "column-sums.h"
#include "exports.h"
#include "loops/loops.h"

namespace kd {

namespace {

/** A vector of the call, or one value for all columns where it is absent. */
class Vector {
 public:
  Vector(const Call& call, size_t index, size_t columns, float otherwise) : otherwise_(otherwise) {
    if (call.has(index)) data_ = call.floats(index, columns).data;
  }
  float operator[](size_t column) const { return data_ == nullptr ? otherwise_ : data_[column]; }

 private:
  const float* data_ = nullptr;
  float otherwise_;
};

/** Whether what follows a normalisation is added in, and whether it is rectified. */
struct Ending {
  const float* residual = nullptr;
  bool relu = false;
};

void normalizeRows(const float* x, const float* mean, const float* scale, const float* shift, float* y, size_t rows,
                   size_t columns, const Ending& ending) {
  if (rows == 1) {
    parallel(columns, grain, [&](size_t begin, size_t end) {
      const float* residual = ending.residual == nullptr ? nullptr : ending.residual + begin;
      loops().normalize(x + begin, mean + begin, scale + begin, shift + begin, residual, y + begin, 1, end - begin, ending.relu);
    });
    return;
  }
  parallel(rows, std::max<size_t>(1, grain / std::max<size_t>(columns, 1)), [&](size_t begin, size_t end) {
    const size_t first = begin * columns;
    const float* residual = ending.residual == nullptr ? nullptr : ending.residual + first;
    loops().normalize(x + first, mean, scale, shift, residual, y + first, end - begin, columns, ending.relu);
  });
}

/**
 * Mean and variance of each column. Blocks of rows small enough for the cache are walked twice, for their mean and the squared
 * distances from it, and joined in double: one pass over memory, without the cancellation of sums of squares.
 */
void tableMoments(State& state, const float* x, size_t rows, size_t columns, float* mean, float* variance) {
  const size_t blocks = (rows + blockRows - 1) / blockRows;
  float* partials = state.partials.take<float>(blocks * 3 * columns);
  parallel(blocks, std::max<size_t>(1, grain / (blockRows * std::max<size_t>(columns, 1))), [&](size_t begin, size_t end) {
    for (size_t index = begin; index < end; ++index) {
      const size_t first = index * blockRows;
      float* partial = partials + index * 3 * columns;
      loops().moments(x + first * columns, std::min(blockRows, rows - first), columns, partial, partial + columns,
                      partial + 2 * columns);
    }
  });
  for (size_t column = 0; column < columns; ++column) {
    double count = 0, average = 0, squares = 0;
    for (size_t index = 0; index < blocks; ++index) {
      const float* partial = partials + index * 3 * columns;
      const auto added = static_cast<double>(std::min(blockRows, rows - index * blockRows));
      const double apart = static_cast<double>(partial[column]) - average;
      squares += static_cast<double>(partial[columns + column]) + apart * apart * count * added / (count + added);
      average += apart * added / (count + added);
      count += added;
    }
    mean[column] = static_cast<float>(average);
    variance[column] = static_cast<float>(squares / count);
  }
}

// batchNorm(x, mean, variance, gamma or null, beta or null, y, [rows, columns, epsilon])
void batchNorm(Call& call) {
  const Numbers numbers = call.numbers(6);
  const auto rows = static_cast<size_t>(numbers.integer(0)), columns = static_cast<size_t>(numbers.integer(1));
  const float epsilon = static_cast<float>(numbers.real(2));
  const size_t size = product({static_cast<int64_t>(rows), static_cast<int64_t>(columns)});
  const float* x = call.floats(0, size).data;
  const float* mean = call.floats(1, columns).data;
  const float* variance = call.floats(2, columns).data;
  const Vector gamma(call, 3, columns, 1), beta(call, 4, columns, 0);
  float* y = call.floats(5, size).data;
  float* scale = call.state().partials.take<float>(2 * columns);
  float* shift = scale + columns;
  for (size_t column = 0; column < columns; ++column) {
    scale[column] = gamma[column] / std::sqrt(variance[column] + epsilon);
    shift[column] = beta[column];
  }
  normalizeRows(x, mean, scale, shift, y, rows, columns, {});
}

// batchNormTraining(x, gamma or null, beta or null, residual or null, y, mean, variance, movingMean, movingVariance,
//                   newMovingMean, newMovingVariance, [rows, columns, epsilon, momentum, relu]); rows > 0
void batchNormTraining(Call& call) {
  const Numbers numbers = call.numbers(11);
  const auto rows = static_cast<size_t>(numbers.integer(0, 1)), columns = static_cast<size_t>(numbers.integer(1));
  const double epsilon = numbers.real(2);
  const size_t size = product({static_cast<int64_t>(rows), static_cast<int64_t>(columns)});
  const float* x = call.floats(0, size).data;
  const auto kept = static_cast<float>(1 - numbers.real(3));
  const Vector gamma(call, 1, columns, 1), beta(call, 2, columns, 0);
  const Ending ending{call.has(3) ? call.floats(3, size).data : nullptr, numbers.flag(4)};
  float* y = call.floats(4, size).data;
  float* mean = call.floats(5, columns).data;
  float* variance = call.floats(6, columns).data;
  const float* movingMean = call.floats(7, columns).data;
  const float* movingVariance = call.floats(8, columns).data;
  float* newMovingMean = call.floats(9, columns).data;
  float* newMovingVariance = call.floats(10, columns).data;
  State& state = call.state();
  tableMoments(state, x, rows, columns, mean, variance);
  float* scale = state.partials.take<float>(2 * columns);
  float* shift = scale + columns;
  for (size_t column = 0; column < columns; ++column) {
    scale[column] = static_cast<float>(static_cast<double>(gamma[column]) / std::sqrt(static_cast<double>(variance[column]) + epsilon));
    shift[column] = beta[column];
    // As the layer of tfjs-layers does it.
    newMovingMean[column] = movingMean[column] - (movingMean[column] - mean[column]) * kept;
    newMovingVariance[column] = movingVariance[column] - (movingVariance[column] - variance[column]) * kept;
  }
  normalizeRows(x, mean, scale, shift, y, rows, columns, ending);
}

// batchNormTrainingGrad(x, dy, y or null, mean, variance, gamma or null, dx, dGamma, dBeta, dResidual or null,
//                       [rows, columns, epsilon]); rows > 0; y where a relu followed, dResidual where something was added before it
void batchNormTrainingGrad(Call& call) {
  const Numbers numbers = call.numbers(10);
  const auto rows = static_cast<size_t>(numbers.integer(0, 1)), columns = static_cast<size_t>(numbers.integer(1));
  const double epsilon = numbers.real(2), count = static_cast<double>(rows);
  const size_t size = product({static_cast<int64_t>(rows), static_cast<int64_t>(columns)});
  const float* x = call.floats(0, size).data;
  const float* dy = call.floats(1, size).data;
  const float* y = call.has(2) ? call.floats(2, size).data : nullptr;
  const float* mean = call.floats(3, columns).data;
  const float* variance = call.floats(4, columns).data;
  const Vector gamma(call, 5, columns, 1);
  float* dx = call.floats(6, size).data;
  float* dGamma = call.floats(7, columns).data;
  float* dBeta = call.floats(8, columns).data;
  float* masked = call.has(9) ? call.floats(9, size).data : nullptr;
  if (masked != nullptr && y == nullptr) throw ArgumentError("batchNormTrainingGrad: y must be there for dResidual");
  const auto from = [](const float* values, size_t offset) { return values == nullptr ? nullptr : values + offset; };
  State& state = call.state();
  // dBeta = sum dy; for now dGamma = sum dy (x - mean)
  columnSums(
      state, rows, 2 * columns,
      [&](size_t first, size_t block, float* sums) {
        const size_t offset = first * columns;
        loops().normGradSums(x + offset, dy + offset, from(y, offset), mean, block, columns, sums, sums + columns,
                             masked == nullptr ? nullptr : masked + offset);
      },
      [&](size_t column, double total) {
        (column < columns ? dBeta[column] : dGamma[column - columns]) = static_cast<float>(total);
      });
  if (masked != nullptr) {
    dy = masked;
    y = nullptr;
  }
  // dx = gamma / s (dy - mean(dy) - (x - mean) mean(dy (x - mean)) / s^2),  s^2 = variance + epsilon
  float* a = state.partials.take<float>(3 * columns);
  float* b = a + columns;
  float* c = b + columns;
  for (size_t column = 0; column < columns; ++column) {
    const double inverse = 1 / std::sqrt(static_cast<double>(variance[column]) + epsilon);
    const double factor = static_cast<double>(gamma[column]) * inverse;
    const double sumDyX = static_cast<double>(dGamma[column]);
    a[column] = static_cast<float>(factor);
    b[column] = static_cast<float>(-factor * inverse * inverse * sumDyX / count);
    c[column] = static_cast<float>(-factor * static_cast<double>(dBeta[column]) / count);
    dGamma[column] = static_cast<float>(sumDyX * inverse);
  }
  parallel(rows, std::max<size_t>(1, grain / std::max<size_t>(columns, 1)), [&](size_t begin, size_t end) {
    const size_t first = begin * columns;
    loops().normGrad(x + first, dy + first, from(y, first), mean, a, b, c, dx + first, end - begin, columns);
  });
}

}  // namespace

std::vector<Export> normalizationExports() {
  return {{"batchNorm", entry<batchNorm>},
          {"batchNormTraining", entry<batchNormTraining>},
          {"batchNormTrainingGrad", entry<batchNormTrainingGrad>}};
}

}  // namespace kd
