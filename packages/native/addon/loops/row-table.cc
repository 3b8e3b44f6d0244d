#include "declarations.h"

// All row kernels: functions of rows of class scores that give a number or new scores for each row.
namespace kd::KD_ISA {

// losses.cc
RowLoop softmax, softmaxGrad, crossEntropy, crossEntropyGrad, softCrossEntropy, softCrossEntropyGrad, klDivergence,
    klDivergenceGrad, meanSquaredError, meanSquaredErrorGrad, probabilityError, probabilityErrorGrad, saturatingRatio;
// label-kernels.cc
RowLoop topClassWeights, scaleTopClassWeights, raiseLabelProbability, raiseLabelLogit, addMaximumToLabel, swapMaximumWithLabel,
    twoLevelLabels, labelMargin, labelMarginGrad;

namespace {

constexpr Kind table = Kind::table, column = Kind::column, labels = Kind::labels;

}  // namespace

// Name, loop, inputs, output, number of attributes[, finish]; src/fusion/row-kernel-table.ts names the inputs and attributes.
const RowKernel rowKernels[] = {
    {"KdSoftmax", softmax, {table}, table, 1},
    {"KdSoftmaxGrad", softmaxGrad, {table, table}, table, 1},
    {"KdCrossEntropy", crossEntropy, {table, labels}, column, 0},
    {"KdCrossEntropyGrad", crossEntropyGrad, {table, labels, column}, table, 0},
    {"KdSoftCrossEntropy", softCrossEntropy, {table, table}, column, 1},
    {"KdSoftCrossEntropyGrad", softCrossEntropyGrad, {table, table, column}, table, 1},
    {"KdKlDivergence", klDivergence, {table, table}, column, 1},
    {"KdKlDivergenceGrad", klDivergenceGrad, {table, table, column}, table, 1},
    {"KdMeanSquaredError", meanSquaredError, {table, table, column}, column, 1},
    {"KdMeanSquaredErrorGrad", meanSquaredErrorGrad, {table, table, column, column}, table, 1},
    {"KdProbabilityError", probabilityError, {table, table, column}, column, 0},
    {"KdProbabilityErrorGrad", probabilityErrorGrad, {table, table, column, column}, table, 0},
    {"KdSaturatingRatio", saturatingRatio, {column, column}, column, 1},
    {"KdTopClassWeights", topClassWeights, {table, labels}, column, 3, scaleTopClassWeights},
    {"KdRaiseLabelProbability", raiseLabelProbability, {table, labels}, table, 2},
    {"KdRaiseLabelLogit", raiseLabelLogit, {table, labels}, table, 3},
    {"KdAddMaximumToLabel", addMaximumToLabel, {table, labels}, table, 0},
    {"KdSwapMaximumWithLabel", swapMaximumWithLabel, {table, labels}, table, 0},
    {"KdTwoLevelLabels", twoLevelLabels, {table, labels}, table, 2},
    {"KdLabelMargin", labelMargin, {table, labels}, column, 1},
    {"KdLabelMarginGrad", labelMarginGrad, {table, labels, column}, table, 1},
    {nullptr, nullptr, {}, Kind::none, 0},
};

}  // namespace kd::KD_ISA
