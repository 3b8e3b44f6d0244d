// Convolutions in TensorFlow.js's layouts: images [batch, height, width, channels], filters [height, width, in, out] or,
// depthwise, [height, width, channels, multiplier].
#include "column-sums.h"
#include "convolution-shape.h"
#include "exact-convolution.h"
#include "exports.h"
#include "loops/loops.h"
#include "winograd.h"

namespace kd {

namespace {

using Shape = ConvolutionShape;

/** Memory for the filter in the primitive's layout: the caller's own where the layouts agree. */
memory filterMemory(State& state, const Prepared& prepared, float* filter) {
  float* data = prepared.reorders ? state.weights.take<float>(prepared.weights.get_size() / sizeof(float)) : filter;
  return {prepared.weights, state.engine, data};
}

memory reordered(State& state, const Prepared& prepared, float* filter) {
  memory inside = filterMemory(state, prepared, filter);
  if (prepared.reorders) {
    memory outside(prepared.plainWeights, state.engine, filter);
    prepared.reorder.execute(state.stream, {{DNNL_ARG_FROM, outside}, {DNNL_ARG_TO, inside}});
  }
  return inside;
}

// convolution(x, filter, bias or null, y, shape)
void convolution(Call& call) {
  const Shape shape(call.numbers(4));
  const bool withBias = call.has(2);
  float* x = call.floats(0, shape.inSize()).data;
  float* filter = call.floats(1, shape.filterSize()).data;
  float* bias = withBias ? call.floats(2, static_cast<size_t>(shape.outChannels)).data : nullptr;
  float* y = call.floats(3, shape.outSize()).data;
  State& state = call.state();
  if (!allFinite(filter, shape.filterSize())) return exactConvolution(shape, x, filter, bias, y);
  if (winogradTakes(state, shape) && winogradConvolution(state, shape, x, filter, bias, y)) return;
  const Prepared& prepared = state.primitives.get(shape.key(2, withBias), [&] {
    const auto descriptor = describeForward(state, shape, withBias);
    Prepared fresh;
    fresh.source = shape.image(false);
    fresh.destination = shape.image(true);
    fresh.bias = shape.biasLayout();
    prepareFilter(state, shape, fresh, descriptor.weights_desc(), false);
    fresh.primitive = dnnl::convolution_forward(descriptor);
    return fresh;
  });
  std::unordered_map<int, memory> arguments{{DNNL_ARG_SRC, {prepared.source, state.engine, x}},
                                            {DNNL_ARG_WEIGHTS, reordered(state, prepared, filter)},
                                            {DNNL_ARG_DST, {prepared.destination, state.engine, y}}};
  if (withBias) arguments.emplace(DNNL_ARG_BIAS, memory(prepared.bias, state.engine, bias));
  prepared.primitive.execute(state.stream, arguments);
  state.stream.wait();
}

// convolutionInputGrad(dy, filter, dx, shape)
void convolutionInputGrad(Call& call) {
  const Shape shape(call.numbers(3));
  float* dy = call.floats(0, shape.outSize()).data;
  float* filter = call.floats(1, shape.filterSize()).data;
  float* dx = call.floats(2, shape.inSize()).data;
  State& state = call.state();
  if (winogradTakes(state, shape) && winogradInputGrad(state, shape, dy, filter, dx)) return;
  const Prepared& prepared = state.primitives.get(shape.key(3, false), [&] {
    const auto descriptor = describeBackward<dnnl::convolution_backward_data>(
        state.engine, describeForward(state, shape, false), algorithm::convolution_direct, shape.image(false), shape.anyFilter(),
        shape.image(true), shape.strides(), shape.dilations(), shape.before(), shape.after());
    Prepared fresh;
    fresh.source = shape.image(false);
    fresh.destination = shape.image(true);
    prepareFilter(state, shape, fresh, descriptor.weights_desc(), false);
    fresh.primitive = dnnl::convolution_backward_data(descriptor);
    return fresh;
  });
  prepared.primitive.execute(state.stream, {{DNNL_ARG_DIFF_DST, {prepared.destination, state.engine, dy}},
                                            {DNNL_ARG_WEIGHTS, reordered(state, prepared, filter)},
                                            {DNNL_ARG_DIFF_SRC, {prepared.source, state.engine, dx}}});
  state.stream.wait();
}

/** Whether a depthwise filter is larger than its image: oneDNN has no fast gradient of it, and takes thirty times as long. */
bool overhangs(const Shape& s) {
  return s.depthwise && s.outChannels == s.inChannels && (s.inHeight < s.height || s.inWidth < s.width);
}

void overhangingFilterGrad(State& state, const Shape& s, const float* x, const float* dy, float* dFilter) {
  const Window window{s.inHeight, s.inWidth, s.inChannels, s.outHeight, s.outWidth,  s.height,
                      s.width,    s.strideY, s.strideX,    s.dilationY, s.dilationX, s.top,     s.left};
  const auto batch = static_cast<size_t>(s.batch);
  const size_t in = s.inSize() / batch, out = s.outSize() / batch, size = s.filterSize();
  const auto block = [&](size_t first, size_t images, float* partial) {
    std::fill(partial, partial + size, 0.0f);
    for (size_t image = first; image < first + images; ++image) {
      loops().depthwiseFilterGrad(window, x + image * in, dy + image * out, partial);
    }
  };
  columnSums(state, batch, size, block, [&](size_t index, double total) { dFilter[index] = static_cast<float>(total); });
}

void fastFilterGrad(State& state, const Shape& shape, float* x, float* dy, float* dFilter) {
  if (overhangs(shape)) return overhangingFilterGrad(state, shape, x, dy, dFilter);
  if (winogradTakes(state, shape) && winogradFilterGrad(state, shape, x, dy, dFilter)) return;
  const Prepared& prepared = state.primitives.get(shape.key(4, false), [&] {
    const auto descriptor = describeBackward<dnnl::convolution_backward_weights>(
        state.engine, describeForward(state, shape, false), algorithm::convolution_direct, shape.image(false), shape.anyFilter(),
        shape.image(true), shape.strides(), shape.dilations(), shape.before(), shape.after());
    Prepared fresh;
    fresh.source = shape.image(false);
    fresh.destination = shape.image(true);
    prepareFilter(state, shape, fresh, descriptor.diff_weights_desc(), true);
    fresh.primitive = dnnl::convolution_backward_weights(descriptor);
    return fresh;
  });
  memory inside = filterMemory(state, prepared, dFilter);
  prepared.primitive.execute(state.stream, {{DNNL_ARG_SRC, {prepared.source, state.engine, x}},
                                            {DNNL_ARG_DIFF_DST, {prepared.destination, state.engine, dy}},
                                            {DNNL_ARG_DIFF_WEIGHTS, inside}});
  if (prepared.reorders) {
    memory outside(prepared.plainWeights, state.engine, dFilter);
    prepared.reorder.execute(state.stream, {{DNNL_ARG_FROM, inside}, {DNNL_ARG_TO, outside}});
  }
  state.stream.wait();
}

// convolutionFilterGrad(x, dy, dFilter, shape)
void convolutionFilterGrad(Call& call) {
  const Shape shape(call.numbers(3));
  float* x = call.floats(0, shape.inSize()).data;
  float* dy = call.floats(1, shape.outSize()).data;
  float* dFilter = call.floats(2, shape.filterSize()).data;
  fastFilterGrad(call.state(), shape, x, dy, dFilter);
  if (!allFinite(dFilter, shape.filterSize())) exactFilterGrad(call.state(), shape, x, dy, dFilter);
}

}  // namespace

std::vector<Export> convolutionExports() {
  return {{"convolution", entry<convolution>},
          {"convolutionInputGrad", entry<convolutionInputGrad>},
          {"convolutionFilterGrad", entry<convolutionFilterGrad>}};
}

}  // namespace kd
