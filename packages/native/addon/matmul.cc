// Matrix products, by the matmul primitive: dnnl_sgemm corrupted the heap under a CPU profiler in the prototype.
#include "dnnl-compat.h"
#include "exports.h"
#include "parallel.h"
#include "state.h"

namespace kd {

namespace {

using dnnl::memory;

/** Products of fewer multiplications than this take some 20 microseconds on one thread, too little to share. */
constexpr double smallProduct = 1e6;

memory::desc matrix(int64_t batch, int64_t rows, int64_t columns, bool transposed) {
  const memory::dims strides =
      transposed ? memory::dims{rows * columns, 1, rows} : memory::dims{rows * columns, columns, 1};
  return {{batch, rows, columns}, memory::data_type::f32, strides};
}

// matmul(a, b, bias or null, out, [batchA, batchB, rows, inner, columns, transposeA, transposeB]); all sizes > 0
void matmul(Call& call) {
  const Numbers numbers = call.numbers(4);
  const int64_t batchA = numbers.integer(0, 1), batchB = numbers.integer(1, 1), rows = numbers.integer(2, 1);
  const int64_t inner = numbers.integer(3, 1), columns = numbers.integer(4, 1);
  const bool transposeA = numbers.flag(5), transposeB = numbers.flag(6), withBias = call.has(2);
  if (batchA != batchB && batchA != 1 && batchB != 1) throw ArgumentError("matmul: batches must be equal or 1");
  const int64_t batch = std::max(batchA, batchB);
  float* a = call.floats(0, product({batchA, rows, inner})).data;
  float* b = call.floats(1, product({batchB, inner, columns})).data;
  float* bias = withBias ? call.floats(2, static_cast<size_t>(columns)).data : nullptr;
  float* out = call.floats(3, product({batch, rows, columns})).data;

  State& state = call.state();
  const OneThread scope(static_cast<double>(batch * rows) * static_cast<double>(inner * columns) < smallProduct);
  const PrimitiveKey key{1, batchA, batchB, rows, inner, columns, transposeA, transposeB, withBias};
  const Prepared& prepared = state.primitives.get(key, [&] {
    Prepared fresh;
    fresh.source = matrix(batchA, rows, inner, transposeA);
    fresh.weights = matrix(batchB, inner, columns, transposeB);
    fresh.bias = matrix(1, 1, columns, false);
    fresh.destination = matrix(batch, rows, columns, false);
    const auto descriptor =
        withBias ? describePrimitive<dnnl::matmul>(state.engine, fresh.source, fresh.weights, fresh.bias, fresh.destination)
                 : describePrimitive<dnnl::matmul>(state.engine, fresh.source, fresh.weights, fresh.destination);
    fresh.primitive = dnnl::matmul(descriptor);
    return fresh;
  });
  std::unordered_map<int, memory> arguments{{DNNL_ARG_SRC, {prepared.source, state.engine, a}},
                                            {DNNL_ARG_WEIGHTS, {prepared.weights, state.engine, b}},
                                            {DNNL_ARG_DST, {prepared.destination, state.engine, out}}};
  if (withBias) arguments.emplace(DNNL_ARG_BIAS, memory(prepared.bias, state.engine, bias));
  prepared.primitive.execute(state.stream, arguments);
  state.stream.wait();
}

}  // namespace

std::vector<Export> matmulExports() { return {{"matmul", entry<matmul>}}; }

}  // namespace kd
