// What one environment (the main thread or a worker) keeps between calls. Freed when the environment ends.
#pragma once

#include <oneapi/dnnl/dnnl.hpp>

#include "aligned-buffer.h"
#include "primitive-cache.h"

namespace kd {

struct State {
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  PrimitiveCache primitives;
  /** Scratch for weights in the layout that a primitive wants; calls run one after another and share it. */
  AlignedBuffer weights;
  AlignedBuffer partials;
  /** What a chain of convolutions keeps for itself (folded-chain.cc). */
  AlignedBuffer chainFilters, chainImages;
  /** Transformed filters and tiles (winograd.cc), and whether convolutions may go that way. */
  AlignedBuffer winogradMemory;
  bool winograd = true;
};

}  // namespace kd
