// The functions that each file gives to JavaScript.
#pragma once

#include <vector>

#include "call.h"

namespace kd {

std::vector<Export> memoryExports();
std::vector<Export> threadExports();
std::vector<Export> elementwiseExports();
std::vector<Export> matmulExports();
std::vector<Export> convolutionExports();
std::vector<Export> foldedChainExports();
std::vector<Export> poolingExports();
std::vector<Export> reductionExports();
std::vector<Export> normalizationExports();
std::vector<Export> layoutExports();
std::vector<Export> indexingExports();
std::vector<Export> rowKernelExports();
std::vector<Export> optimizerExports();

}  // namespace kd
