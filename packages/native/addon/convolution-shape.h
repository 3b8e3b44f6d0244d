// What a convolution is: its sizes, and how oneDNN is told.
#pragma once

#include "call.h"
#include "dnnl-compat.h"
#include "state.h"
#include "window-bounds.h"

namespace kd {

using dnnl::algorithm;
using dnnl::memory;
using dnnl::prop_kind;
inline constexpr auto f32 = memory::data_type::f32;

/** [batch, inH, inW, inC, outH, outW, outC, kH, kW, strideY, strideX, dilationY, dilationX, top, left, depthwise], sizes > 0. */
struct ConvolutionShape {
  int64_t batch, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, height, width;
  int64_t strideY, strideX, dilationY, dilationX, top, left, bottom, right;
  bool depthwise;

  /** @param at where in the numbers it begins */
  explicit ConvolutionShape(const Numbers& n, size_t at = 0)
      : batch(n.size(at, 1)), inHeight(n.size(at + 1, 1)), inWidth(n.size(at + 2, 1)), inChannels(n.size(at + 3, 1)),
        outHeight(n.size(at + 4, 1)), outWidth(n.size(at + 5, 1)), outChannels(n.size(at + 6, 1)),
        height(n.size(at + 7, 1)), width(n.size(at + 8, 1)), strideY(n.size(at + 9, 1)), strideX(n.size(at + 10, 1)),
        dilationY(n.size(at + 11, 1)), dilationX(n.size(at + 12, 1)), top(n.size(at + 13)), left(n.size(at + 14)),
        depthwise(n.flag(at + 15)) {
    // What the last window reaches beyond the image; negative where it ends inside.
    bottom = (outHeight - 1) * strideY + (height - 1) * dilationY + 1 - inHeight - top;
    right = (outWidth - 1) * strideX + (width - 1) * dilationX + 1 - inWidth - left;
    assertWindow("convolution", height, strideY, dilationY, top, bottom);
    assertWindow("convolution", width, strideX, dilationX, left, right);
    if (depthwise && outChannels % inChannels != 0) throw ArgumentError("convolution: channels must fit the multiplier");
  }

  size_t inSize() const { return product({batch, inHeight, inWidth, inChannels}); }
  size_t outSize() const { return product({batch, outHeight, outWidth, outChannels}); }
  size_t filterSize() const { return product({height, width, depthwise ? 1 : inChannels, outChannels}); }

  PrimitiveKey key(int64_t kind, bool bias) const {
    return {kind,   batch,   inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, height,
            width,  strideY, strideX,  dilationY, dilationX, top,      left,     depthwise,   bias};
  }
  memory::dims strides() const { return {strideY, strideX}; }
  memory::dims dilations() const { return {dilationY - 1, dilationX - 1}; }
  memory::dims before() const { return {top, left}; }
  memory::dims after() const { return {bottom, right}; }

  memory::desc image(bool out) const {
    return out ? memory::desc({batch, outChannels, outHeight, outWidth}, f32, memory::format_tag::nhwc)
               : memory::desc({batch, inChannels, inHeight, inWidth}, f32, memory::format_tag::nhwc);
  }
  memory::dims filterDims() const {
    if (depthwise) return {inChannels, outChannels / inChannels, 1, height, width};
    return {outChannels, inChannels, height, width};
  }
  /** The filter as TensorFlow.js holds it. */
  memory::desc plainFilter() const {
    if (depthwise) return {filterDims(), f32, memory::dims{outChannels / inChannels, 1, 1, width * outChannels, outChannels}};
    return {filterDims(), f32, memory::dims{1, outChannels, width * inChannels * outChannels, inChannels * outChannels}};
  }
  memory::desc anyFilter() const { return {filterDims(), f32, memory::format_tag::any}; }
  memory::desc biasLayout() const { return {{outChannels}, f32, memory::format_tag::x}; }
};

inline dnnl::convolution_forward::primitive_desc describeForward(const State& state, const ConvolutionShape& s, bool bias,
                                                                  const dnnl::primitive_attr& attributes = {}) {
  const auto kind = prop_kind::forward_training;
  const auto direct = algorithm::convolution_direct;
  if (bias) {
    return describeWith<dnnl::convolution_forward>(attributes, state.engine, kind, direct, s.image(false), s.anyFilter(),
                                                   s.biasLayout(), s.image(true), s.strides(), s.dilations(), s.before(),
                                                   s.after());
  }
  return describeWith<dnnl::convolution_forward>(attributes, state.engine, kind, direct, s.image(false), s.anyFilter(),
                                                 s.image(true), s.strides(), s.dilations(), s.before(), s.after());
}

/** Notes how the filter must be laid out, and makes the copy to that layout, or back from it for the filter's gradient. */
inline void prepareFilter(const State& state, const ConvolutionShape& s, Prepared& prepared, const memory::desc& wanted,
                          bool back) {
  prepared.weights = wanted;
  prepared.plainWeights = s.plainFilter();
  prepared.reorders = !(prepared.weights == prepared.plainWeights);
  if (!prepared.reorders) return;
  const auto& from = back ? prepared.weights : prepared.plainWeights;
  const auto& to = back ? prepared.plainWeights : prepared.weights;
  prepared.reorder = dnnl::reorder(dnnl::reorder::primitive_desc(state.engine, from, state.engine, to));
}

}  // namespace kd
