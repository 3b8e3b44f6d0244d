// Inner loops, single-threaded. Every file beside this one is compiled once per instruction set, into a namespace of its own;
// loops() picks the best that this processor has. They must not use templates of the standard library: the linker would
// be free to keep the copy that was compiled for the newest processor and to call it on an old one.
#pragma once

#include <cstddef>
#include <cstdint>

namespace kd {

// The order of these enumerations is known to src/kernels/operations.ts, and a test compares the two.

enum class Unary : int {
  abs, neg, square, sqrt, rsqrt, reciprocal, exp, expm1, log, log1p, relu, relu6, elu, leakyRelu, selu, sigmoid, tanh,
  softplus, step, sign, clip, floor, ceil, sin, cos, erf, count
};

enum class Binary : int {
  add, sub, mul, div, max, min, squaredDifference, pow, prelu, reluGrad, relu6Grad, eluGrad, sigmoidGrad, tanhGrad, count
};

enum class IntegerBinary : int { add, sub, mul, max, min, count };

enum class Comparison : int { equal, notEqual, greater, greaterEqual, less, lessEqual, count };

enum class Reduction : int { sum, max, min, count };

/** A window of a pooling or a depthwise convolution over an image [inHeight, inWidth, channels]. */
struct Window {
  int64_t inHeight, inWidth, channels, outHeight, outWidth, height, width, strideY, strideX, dilationY, dilationX, padTop, padLeft;
};

/** Tiles of 4 × 4 outputs of a convolution of 3 × 3 taps with stride 1, over images [inHeight, inWidth, inChannels]. */
struct TileGrid {
  int64_t inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, top, left;
  size_t tileRows, tileColumns;
};
/** What becomes of a convolution's sums: [+ bias] [+ residual], then cut to [0, most] where relu is set; both may be null. */
struct ConvolutionEnding {
  const float *bias, *residual;
  bool relu;
  float most;
};

/** One step of an optimizer, over `size` weights. */
struct SgdStep {
  float learningRate, momentum, weightDecay;
  bool nesterov, decoupled, first;
};
struct AdamStep {
  float learningRate, beta1, beta2, epsilon, weightDecay, correction1, correction2;
  bool decoupled, first;
};

/** What an argument of a row kernel holds, for `rows` rows of `classes` scores each. */
enum class Kind : int {
  none,
  table,   // float32 [rows, classes]
  column,  // float32 [rows]
  labels   // int32 [rows], each in [0, classes)
};

constexpr size_t rowKernelInputs = 4;

/** Some neighbouring rows of a row kernel's arguments, all of which have been checked. */
struct Rows {
  const float* inputs[rowKernelInputs];  // in the order of the table; null where the labels stand
  const int32_t* labels;
  float* output;
  size_t rows, classes;
  const double* attributes;
};

using RowLoop = void(const Rows& block);

/** A row of the table in row-table.cc. */
struct RowKernel {
  const char* name;
  RowLoop* loop;
  Kind inputs[rowKernelInputs];
  Kind output;
  size_t attributes;
  RowLoop* finish = nullptr;  // runs once over all rows after the loop, where the output of a row depends on the others
};

struct Loops {
  void (*unary)(Unary operation, const float* x, float* y, size_t size, float a, float b);

  // The strides are 0 (one value for all) or 1.
  void (*binary)(Binary operation, const float* a, size_t strideA, const float* b, size_t strideB, float* out, size_t size);
  void (*integerBinary)(IntegerBinary operation, const int32_t* a, size_t strideA, const int32_t* b, size_t strideB,
                        int32_t* out, size_t size);
  void (*compare)(Comparison operation, const float* a, size_t strideA, const float* b, size_t strideB, uint8_t* out, size_t size);
  void (*integerCompare)(Comparison operation, const int32_t* a, size_t strideA, const int32_t* b, size_t strideB,
                         uint8_t* out, size_t size);
  void (*select)(const uint8_t* condition, const float* a, const float* b, float* out, size_t size);

  // Reductions of [rows, columns] to [columns] and of [size] to a number.
  void (*reduceColumns)(Reduction operation, const float* x, size_t rows, size_t columns, float* out);
  double (*reduceRow)(Reduction operation, const float* x, size_t size);
  size_t (*argMaxRow)(const float* x, size_t size, bool smallest);

  // Batch normalisation of [rows, columns], one mean and so on per column.
  // Of [rows, columns]: each column's mean, and the sum of squared distances from it.
  void (*moments)(const float* x, size_t rows, size_t columns, float* mean, float* squares, float* residues);
  // y = [relu]((x - mean) scale + shift [+ residual]); the residual may be null.
  void (*normalize)(const float* x, const float* mean, const float* scale, const float* shift, const float* residual, float* y,
                    size_t rows, size_t columns, bool relu);
  // Where y, the output of a relu, is not null, dy is cut by it first; masked, if not null, takes what is left of dy.
  void (*normGradSums)(const float* x, const float* dy, const float* y, const float* mean, size_t rows, size_t columns,
                       float* sumDy, float* sumDyX, float* masked);
  void (*normGrad)(const float* x, const float* dy, const float* y, const float* mean, const float* a, const float* b,
                   const float* c, float* dx, size_t rows, size_t columns);

  // y = x [+ residual], then cut to [0, most] where relu is set; the residual may be null, y may be x.
  void (*addRectify)(const float* x, const float* residual, float* y, size_t size, bool relu, float most);
  // A filter [rows, columns] times one number per column.
  void (*foldFilter)(const float* filter, const float* scale, float* folded, size_t rows, size_t columns);

  // Convolutions by F(4×4, 3×3), of channels that are multiples of 16. A filter [3, 3, in, out], times one number per output channel
  // (may be null), as 36 matrices [in, out]; begin and end are input channels.
  void (*winogradFilter)(const float* filter, const float* scale, float* out, size_t inChannels, size_t outChannels, size_t begin,
                         size_t end);
  // Some tiles of all images, after which the caller will take so many following ones; false where NaN or infinity came out before the residual, and the outputs are not what they must be.
  bool (*winogradForward)(const TileGrid& grid, const float* x, const float* filter, const ConvolutionEnding& ending, float* y,
                          size_t first, size_t tiles, size_t following, float* scratch);
  // Adds what some tiles give for the filter's gradient to 36 matrices [in, out].
  void (*winogradFilterGradSums)(const TileGrid& grid, const float* x, const float* dy, float* sums, size_t first, size_t tiles,
                                 size_t following, float* scratch);
  // The gradient [3, 3, in, out] of those sums; false where NaN or infinity came out.
  bool (*winogradFilterGrad)(const float* sums, float* dFilter, size_t inChannels, size_t outChannels, size_t begin, size_t end);

  // Adds one image's share to the gradient [height, width, channels] of a depthwise filter with one output per channel.
  void (*depthwiseFilterGrad)(const Window& window, const float* x, const float* dy, float* sums);

  // Pooling of one image; gradients are added to dx.
  void (*maxPool)(const Window& window, const float* x, float* y);
  void (*avgPool)(const Window& window, const float* x, float* y);
  void (*maxPoolGrad)(const Window& window, const float* x, const float* y, const float* dy, float* dx, uint8_t* taken);
  void (*avgPoolGrad)(const Window& window, const float* dy, float* dx);

  // Losses and other functions of rows of class scores.
  const RowKernel* rowKernels;  // the last one has no name

  // Optimizers; the new values go to new memory, the old ones stay.
  void (*sgd)(const SgdStep& step, const float* variable, const float* gradient, const float* velocity, float* newVariable,
              float* newVelocity, size_t size);
  void (*adam)(const AdamStep& step, const float* variable, const float* gradient, const float* mean, const float* square,
               float* newVariable, float* newMean, float* newSquare, size_t size);
};

/** The loops of the best instruction set that this processor has, or of the one that KD_NATIVE_ISA names. */
const Loops& loops();
/** Its name: baseline, avx2 or avx512. */
const char* loopsName();

}  // namespace kd
