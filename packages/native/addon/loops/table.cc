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
    maxPool,
    avgPool,
    maxPoolGrad,
    avgPoolGrad,
    softmax,
    softmaxGrad,
    crossEntropy,
    crossEntropyGrad,
    softCrossEntropy,
    softCrossEntropyGrad,
    klDivergence,
    klDivergenceGrad,
    meanSquaredError,
    meanSquaredErrorGrad,
    probabilityError,
    probabilityErrorGrad,
    softLabelWeights,
    groupMembers,
    reviseSoftLabels,
    reviseTeacherLogits,
    correctResponse,
    swapLogits,
    twoLevelLabels,
    labelMargin,
    labelMarginGrad,
    sgd,
    adam,
};

}  // namespace kd::KD_ISA
