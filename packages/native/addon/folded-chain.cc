// Convolutions that follow one another outside of training, each with its normalisation folded into filter and bias, a sum and a
// relu. A few images at a time walk through the whole chain: what one convolution writes is still in the cache when the next one
// reads it, and threads need not wait for each other between two of them.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <vector>

#include "convolution-shape.h"
#include "exports.h"
#include "loops/loops.h"
#include "parallel.h"
#include "winograd.h"

namespace kd {

namespace {

/** What the images that a thread works on may take, of three tensors of the largest size: some of it stays in the cache. */
constexpr size_t workingBytes = 1536 * 1024;
/** Fewer images than this for each thread are not shared out: all threads work on each convolution. */
constexpr size_t imagesPerThread = 4;
constexpr size_t recordSize = 22, arraysPerBlock = 6;

/** Numbers of floats rounded up, so that what follows is aligned. */
size_t aligned(size_t count) { return (count + 15) / 16 * 16; }
size_t floatsOf(const memory::desc& layout) { return aligned(layout.get_size() / sizeof(float)); }

/** A tensor of the chain: an input, or what a block gives. `size` is of one image. */
struct Slot {
  size_t size = 0;
  /** Of the whole batch, where it has memory of its own. */
  float* whole = nullptr;
  /** Else where it lies in a thread's memory. */
  size_t place = 0;
  /** The last block that reads it. */
  size_t lastUse = 0;
};

struct Block {
  ConvolutionShape shape;
  size_t source, output;
  /** One more than its slot; 0 where there is none. */
  size_t residual;
  bool relu;
  float most;
  const float* filter;
  /** Where its factors, its bias and its folded filter begin. */
  size_t factorsAt, biasAt, filterAt;
  /** By minimal filtering (winograd.h), else by a primitive. */
  bool filtered;
  TileGrid grid;
  size_t parts;
  const Prepared* prepared;
};

/** How many images go through the chain at a time, how often, and whether each thread takes its own. */
struct Split {
  size_t images, parts;
  bool shared;
};

Split split(size_t batch, size_t largest) {
  const auto threads = static_cast<size_t>(omp_get_max_threads());
  if (threads > 1 && batch < threads * imagesPerThread) return {batch, 1, false};
  const size_t fitting = std::max<size_t>(1, workingBytes / (3 * sizeof(float) * std::max<size_t>(largest, 1)));
  // Two turns of each thread even out what holds one of them up.
  const size_t images = threads > 1 ? std::min(fitting, batch / (2 * threads)) : std::min(fitting, batch);
  return {images, batch / images, threads > 1};
}

/**
 * foldedChain(...inputs, ...outputs, then of each block: filter, bias or null, gamma or null, beta or null, mean, variance,
 *             [inputs, outputs, blocks, batch, then of each block: source, residual or 0, output or 0, epsilon, relu, most,
 *              ...shape of the convolution])
 * Tensors are counted from 1, inputs first, then what each block gives; outputs are counted from 1 as well.
 */
class Chain {
 public:
  explicit Chain(Call& call) : call_(call), state_(call.state()) {
    const Numbers n = call.numbers(call.count() - 1);
    inputs_ = static_cast<size_t>(n.size(0, 1));
    outputs_ = static_cast<size_t>(n.size(1, 1));
    const auto blocks = static_cast<size_t>(n.size(2, 1));
    batch_ = static_cast<size_t>(n.size(3, 1));
    if (call.count() != inputs_ + outputs_ + blocks * arraysPerBlock + 1) {
      throw ArgumentError("foldedChain: must have as many arrays as its numbers say");
    }
    slots_.resize(inputs_ + blocks);
    for (size_t index = 0; index < blocks; ++index) readBlock(n, index);
    for (const Slot& slot : slots_) largest_ = std::max(largest_, slot.size);
  }

  void run() {
    if (runAll()) return;
    // NaN or infinity: minimal filtering spreads them over whole tiles.
    for (Block& block : blocks_) block.filtered = false;
    runAll();
  }

 private:
  void readBlock(const Numbers& n, size_t index) {
    const size_t at = 4 + index * recordSize, arrays = inputs_ + outputs_ + index * arraysPerBlock;
    const ConvolutionShape shape(n, at + 6);
    Block block{shape, source(n, at, index), inputs_ + index, 0, n.flag(at + 4), static_cast<float>(n.real(at + 5)), nullptr, 0, 0,
                0, winogradTakes(state_, shape), tileGrid(shape, false), 1, nullptr};
    const auto batch = static_cast<size_t>(shape.batch);
    if (batch != batch_) throw ArgumentError("foldedChain: blocks must have the chain's batch");
    require(block.source, shape.inSize() / batch, index);
    Slot& output = slots_[block.output];
    output.size = shape.outSize() / batch;
    if (n.flag(at + 1)) {
      block.residual = source(n, at + 1, index) + 1;
      require(block.residual - 1, output.size, index);
    }
    const auto place = static_cast<size_t>(n.size(at + 2));
    if (place > outputs_) throw ArgumentError("foldedChain: outputs must be known");
    if (place > 0) output.whole = call_.floats(inputs_ + place - 1, output.size * batch_).data;
    block.filter = call_.floats(arrays, shape.filterSize()).data;
    foldScales(block, arrays, n.real(at + 3));
    blocks_.push_back(block);
  }

  size_t source(const Numbers& n, size_t at, size_t index) const {
    const auto slot = static_cast<size_t>(n.size(at, 1)) - 1;
    if (slot >= inputs_ + index) throw ArgumentError("foldedChain: blocks must come after what they read");
    return slot;
  }

  void require(size_t slot, size_t size, size_t index) {
    Slot& tensor = slots_[slot];
    if (slot < inputs_ && tensor.whole == nullptr) {
      tensor.size = size;
      tensor.whole = call_.floats(slot, size * batch_).data;
    }
    if (tensor.size != size) throw ArgumentError("foldedChain: shapes must fit");
    tensor.lastUse = index;
  }

  /** Normalisation as what the filter is multiplied with and a new bias. */
  void foldScales(Block& block, size_t arrays, double epsilon) {
    const auto columns = static_cast<size_t>(block.shape.outChannels);
    const auto optional = [&](size_t index) { return call_.has(index) ? call_.floats(index, columns).data : nullptr; };
    const float *bias = optional(arrays + 1), *gamma = optional(arrays + 2), *beta = optional(arrays + 3);
    const float* mean = call_.floats(arrays + 4, columns).data;
    const float* variance = call_.floats(arrays + 5, columns).data;
    const auto value = [](const float* values, size_t column, double otherwise) {
      return values == nullptr ? otherwise : static_cast<double>(values[column]);
    };
    block.factorsAt = vectors_.size();
    block.biasAt = block.factorsAt + aligned(columns);
    vectors_.resize(block.biasAt + aligned(columns));
    for (size_t column = 0; column < columns; ++column) {
      const double factor = value(gamma, column, 1) / std::sqrt(static_cast<double>(variance[column]) + epsilon);
      const double shift = (value(bias, column, 0) - static_cast<double>(mean[column])) * factor;
      vectors_[block.factorsAt + column] = static_cast<float>(factor);
      vectors_[block.biasAt + column] = static_cast<float>(value(beta, column, 0) + shift);
    }
  }

  bool runAll() {
    const Split most = split(batch_, largest_);
    const size_t done = most.images * most.parts;
    return run(0, most) && (done == batch_ || run(done, {batch_ - done, 1, false}));
  }

  /** False where minimal filtering cannot do it. */
  bool run(size_t first, const Split& split) {
    const size_t scratch = prepare(split), images = placeSlots(split.images);
    foldFilters();
    const auto threads = split.shared ? static_cast<size_t>(omp_get_max_threads()) : 1;
    float* memory = state_.chainImages.take<float>(threads * (images + scratch));
    std::exception_ptr failure;
    std::atomic<bool> usual{true};
    const auto work = [&](size_t thread, size_t part) {
      float* own = memory + thread * (images + scratch);
      try {
        if (usual && !walk(first + part * split.images, split, own, own + images)) usual = false;
      } catch (...) {
#pragma omp critical(foldedChainFailure)
        failure = std::current_exception();
      }
    };
    if (split.shared) {
#pragma omp parallel for schedule(dynamic, 1) num_threads(static_cast<int>(threads))
      for (size_t part = 0; part < split.parts; ++part) work(static_cast<size_t>(omp_get_thread_num()), part);
    } else {
      for (size_t part = 0; part < split.parts; ++part) work(0, part);
    }
    if (failure) std::rethrow_exception(failure);
    return usual;
  }

  /** The primitives for so many images; gives the largest memory that one of them works in. */
  size_t prepare(const Split& split) {
    const OneThread scope(split.shared);
    size_t scratch = 0, filters = 0;
    for (Block& block : blocks_) {
      block.filterAt = filters;
      if (block.filtered) {
        filters += aligned(winogradFilterSize(block.grid));
        block.parts = split.shared ? 1 : winogradParts(block.grid, split.images);
        scratch = std::max(scratch, block.parts * aligned(winogradScratchSize(block.grid)));
        continue;
      }
      ConvolutionShape shape = block.shape;
      shape.batch = static_cast<int64_t>(split.images);
      block.prepared = &state_.primitives.get(shape.key(5, true), [&] { return prepareOne(shape); });
      filters += floatsOf(block.prepared->weights);
      scratch = std::max(scratch, floatsOf(block.prepared->scratchpad));
    }
    filters_ = state_.chainFilters.take<float>(filters);
    return scratch;
  }

  Prepared prepareOne(const ConvolutionShape& shape) const {
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    const auto descriptor = describeForward(state_, shape, true, attributes);
    Prepared fresh;
    fresh.source = shape.image(false);
    fresh.destination = shape.image(true);
    fresh.bias = shape.biasLayout();
    fresh.scratchpad = descriptor.scratchpad_desc();
    prepareFilter(state_, shape, fresh, descriptor.weights_desc(), false);
    fresh.primitive = dnnl::convolution_forward(descriptor);
    return fresh;
  }

  /** Places for what nobody outside sees, used again when it was read for the last time; gives the size of all. */
  size_t placeSlots(size_t images) {
    struct Place {
      size_t begin, size, freeFrom;
    };
    std::vector<Place> places;
    size_t end = 0;
    for (size_t index = 0; index < blocks_.size(); ++index) {
      Slot& slot = slots_[blocks_[index].output];
      if (slot.whole != nullptr) continue;
      const size_t size = aligned(slot.size * images);
      auto place = std::find_if(places.begin(), places.end(), [&](const Place& p) { return p.freeFrom <= index && p.size >= size; });
      if (place == places.end()) {
        place = places.insert(places.end(), {end, size, 0});
        end += size;
      }
      slot.place = place->begin;
      place->freeFrom = std::max(slot.lastUse, index) + 1;
    }
    return end;
  }

  void foldFilters() {
    for (const Block& block : blocks_) {
      const auto columns = static_cast<size_t>(block.shape.outChannels);
      const size_t size = block.shape.filterSize();
      float* folded = filters_ + block.filterAt;
      const float* factors = vectors_.data() + block.factorsAt;
      if (block.filtered) {
        winogradFilter(block.grid, block.filter, factors, folded);
        continue;
      }
      const Prepared& prepared = *block.prepared;
      float* plain = prepared.reorders ? state_.weights.take<float>(size) : folded;
      parallel(size / columns, std::max<size_t>(1, grain / columns), [&](size_t begin, size_t end) {
        loops().foldFilter(block.filter + begin * columns, factors, plain + begin * columns, end - begin, columns);
      });
      if (!prepared.reorders) continue;
      memory from(prepared.plainWeights, state_.engine, plain), to(prepared.weights, state_.engine, folded);
      prepared.reorder.execute(state_.stream, {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}});
    }
    state_.stream.wait();
  }

  /** Takes some images through the chain; false as above. */
  bool walk(size_t first, const Split& split, float* own, float* scratch) const {
    dnnl::stream stream(state_.engine);
    const auto at = [&](size_t index) {
      const Slot& slot = slots_[index];
      return slot.whole == nullptr ? own + slot.place : slot.whole + first * slot.size;
    };
    for (const Block& block : blocks_) {
      float* y = at(block.output);
      auto* bias = const_cast<float*>(vectors_.data()) + block.biasAt;
      const float* residual = block.residual == 0 ? nullptr : at(block.residual - 1);
      if (block.filtered) {
        const ConvolutionEnding ending{bias, residual, block.relu, block.most};
        const float* filter = filters_ + block.filterAt;
        if (!winogradImages(block.grid, at(block.source), filter, ending, y, split.images, block.parts, scratch)) return false;
        continue;
      }
      const Prepared& prepared = *block.prepared;
      prepared.primitive.execute(stream, {{DNNL_ARG_SRC, {prepared.source, state_.engine, at(block.source)}},
                                          {DNNL_ARG_WEIGHTS, {prepared.weights, state_.engine, filters_ + block.filterAt}},
                                          {DNNL_ARG_BIAS, {prepared.bias, state_.engine, bias}},
                                          {DNNL_ARG_DST, {prepared.destination, state_.engine, y}},
                                          {DNNL_ARG_SCRATCHPAD, {prepared.scratchpad, state_.engine, scratch}}});
      stream.wait();
      if (block.residual == 0 && !block.relu) continue;
      // Not shared out where this thread is one of several that walk.
      const size_t size = slots_[block.output].size * split.images;
      parallel(size, split.shared ? size : grain, [&](size_t begin, size_t end) {
        const float* added = residual == nullptr ? nullptr : residual + begin;
        loops().addRectify(y + begin, added, y + begin, end - begin, block.relu, block.most);
      });
    }
    return true;
  }

  const Call& call_;
  State& state_;
  size_t inputs_, outputs_, batch_, largest_ = 0;
  std::vector<Slot> slots_;
  std::vector<Block> blocks_;
  std::vector<float> vectors_;
  float* filters_ = nullptr;
};

void foldedChain(Call& call) { Chain(call).run(); }

}  // namespace

std::vector<Export> foldedChainExports() { return {{"foldedChain", entry<foldedChain>}}; }

}  // namespace kd
