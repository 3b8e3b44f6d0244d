#include <cstring>
#include <memory>

#include "exports.h"
#include "loops/loops.h"
#include "parallel.h"
#include "window-bounds.h"

namespace kd {

namespace {

/** [batch, inH, inW, channels, outH, outW, kH, kW, strideY, strideX, dilationY, dilationX, top, left] */
struct Pooling {
  size_t batch;
  Window window;

  explicit Pooling(const Numbers& n) : batch(static_cast<size_t>(n.size(0))) {
    window = {n.size(1), n.size(2), n.size(3), n.size(4), n.size(5), n.size(6, 1), n.size(7, 1),
              n.size(8, 1), n.size(9, 1), n.size(10, 1), n.size(11, 1), n.size(12), n.size(13)};
    assertWindow("pooling", window.height, window.strideY, window.dilationY, window.padTop, 0);
    assertWindow("pooling", window.width, window.strideX, window.dilationX, window.padLeft, 0);
  }
  size_t imageIn() const { return product({window.inHeight, window.inWidth, window.channels}); }
  size_t imageOut() const { return product({window.outHeight, window.outWidth, window.channels}); }
  size_t allIn() const { return product({static_cast<int64_t>(batch), window.inHeight, window.inWidth, window.channels}); }
  size_t allOut() const { return product({static_cast<int64_t>(batch), window.outHeight, window.outWidth, window.channels}); }
};

// Images are independent, so that each thread takes some.
template <void (*Loops::*loop)(const Window&, const float*, float*)>
void pool(Call& call) {
  const Pooling p(call.numbers(2));
  const size_t in = p.imageIn(), out = p.imageOut();
  const float* x = call.floats(0, p.allIn()).data;
  float* y = call.floats(1, p.allOut()).data;
  parallel(p.batch, 1, [&](size_t begin, size_t end) {
    for (size_t image = begin; image < end; ++image) (loops().*loop)(p.window, x + image * in, y + image * out);
  });
}

// maxPoolGrad(x, y, dy, dx, shape)
void maxPoolGrad(Call& call) {
  const Pooling p(call.numbers(4));
  const size_t in = p.imageIn(), out = p.imageOut(), channels = static_cast<size_t>(p.window.channels);
  const float* x = call.floats(0, p.allIn()).data;
  const float* y = call.floats(1, p.allOut()).data;
  const float* dy = call.floats(2, p.allOut()).data;
  float* dx = call.floats(3, p.allIn()).data;
  const auto taken = std::make_unique<uint8_t[]>(p.batch * channels + 1);
  parallel(p.batch, 1, [&](size_t begin, size_t end) {
    std::memset(dx + begin * in, 0, (end - begin) * in * sizeof(float));
    for (size_t image = begin; image < end; ++image) {
      loops().maxPoolGrad(p.window, x + image * in, y + image * out, dy + image * out, dx + image * in,
                          taken.get() + image * channels);
    }
  });
}

// avgPoolGrad(dy, dx, shape)
void avgPoolGrad(Call& call) {
  const Pooling p(call.numbers(2));
  const size_t in = p.imageIn(), out = p.imageOut();
  const float* dy = call.floats(0, p.allOut()).data;
  float* dx = call.floats(1, p.allIn()).data;
  parallel(p.batch, 1, [&](size_t begin, size_t end) {
    std::memset(dx + begin * in, 0, (end - begin) * in * sizeof(float));
    for (size_t image = begin; image < end; ++image) loops().avgPoolGrad(p.window, dy + image * out, dx + image * in);
  });
}

}  // namespace

std::vector<Export> poolingExports() {
  return {{"maxPool", entry<pool<&Loops::maxPool>>},
          {"avgPool", entry<pool<&Loops::avgPool>>},
          {"maxPoolGrad", entry<maxPoolGrad>},
          {"avgPoolGrad", entry<avgPoolGrad>}};
}

}  // namespace kd
