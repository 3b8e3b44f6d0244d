// The loops of one instruction set, in the namespace that the build names.
#pragma once

#include "loops.h"

namespace kd::KD_ISA {

void unary(Unary operation, const float* x, float* y, size_t size, float a, float b);

void binary(Binary operation, const float* a, size_t strideA, const float* b, size_t strideB, float* out, size_t size);
void integerBinary(IntegerBinary operation, const int32_t* a, size_t strideA, const int32_t* b, size_t strideB,
                      int32_t* out, size_t size);
void compare(Comparison operation, const float* a, size_t strideA, const float* b, size_t strideB, uint8_t* out, size_t size);
void integerCompare(Comparison operation, const int32_t* a, size_t strideA, const int32_t* b, size_t strideB,
                       uint8_t* out, size_t size);
void select(const uint8_t* condition, const float* a, const float* b, float* out, size_t size);

void reduceColumns(Reduction operation, const float* x, size_t rows, size_t columns, float* out);
double reduceRow(Reduction operation, const float* x, size_t size);
size_t argMaxRow(const float* x, size_t size, bool smallest);

void moments(const float* x, size_t rows, size_t columns, float* mean, float* squares, float* residues);
void normalize(const float* x, const float* mean, const float* scale, const float* shift, const float* residual, float* y,
    size_t rows, size_t columns, bool relu);
void normGradSums(const float* x, const float* dy, const float* y, const float* mean, size_t rows, size_t columns, float* sumDy,
    float* sumDyX, float* masked);
void normGrad(const float* x, const float* dy, const float* y, const float* mean, const float* a, const float* b,
    const float* c, float* dx, size_t rows, size_t columns);
void addRectify(const float* x, const float* residual, float* y, size_t size, bool relu, float most);
void foldFilter(const float* filter, const float* scale, float* folded, size_t rows, size_t columns);

void winogradFilter(const float* filter, const float* scale, float* out, size_t inChannels, size_t outChannels, size_t begin,
    size_t end);
bool winogradForward(const TileGrid& grid, const float* x, const float* filter, const ConvolutionEnding& ending, float* y,
    size_t first, size_t tiles, size_t following, float* scratch);
void winogradFilterGradSums(const TileGrid& grid, const float* x, const float* dy, float* sums, size_t first, size_t tiles,
    size_t following, float* scratch);
bool winogradFilterGrad(const float* sums, float* dFilter, size_t inChannels, size_t outChannels, size_t begin, size_t end);

void depthwiseFilterGrad(const Window& window, const float* x, const float* dy, float* sums);

void maxPool(const Window& window, const float* x, float* y);
void avgPool(const Window& window, const float* x, float* y);
void maxPoolGrad(const Window& window, const float* x, const float* y, const float* dy, float* dx, uint8_t* taken);
void avgPoolGrad(const Window& window, const float* dy, float* dx);

// Row kernels are declared in row-table.cc.
extern const RowKernel rowKernels[];
inline float attribute(const Rows& block, size_t index) { return static_cast<float>(block.attributes[index]); }

void sgd(const SgdStep& step, const float* variable, const float* gradient, const float* velocity, float* newVariable,
            float* newVelocity, size_t size);
void adam(const AdamStep& step, const float* variable, const float* gradient, const float* mean, const float* square,
             float* newVariable, float* newMean, float* newSquare, size_t size);

}  // namespace kd::KD_ISA
