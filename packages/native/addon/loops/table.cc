#include "declarations.h"

namespace kd::KD_ISA {

extern const Loops table;
const Loops table = {
    unary,
    binary,
    integerBinary,
    compare,
    integerCompare,
    select,
    reduceColumns,
    reduceRow,
    argMaxRow,
    moments,
    normalize,
    normGradSums,
    normGrad,
    addRectify,
    foldFilter,
    winogradFilter,
    winogradForward,
    winogradFilterGradSums,
    winogradFilterGrad,
    depthwiseFilterGrad,
    maxPool,
    avgPool,
    maxPoolGrad,
    avgPoolGrad,
    rowKernels,
    sgd,
    adam,
};

}  // namespace kd::KD_ISA
