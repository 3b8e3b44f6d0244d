// oneDNN primitives by shape: making one compiles machine code, running one does not.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <list>
#include <unordered_map>

#include <omp.h>
#include <oneapi/dnnl/dnnl.hpp>

namespace kd {

/** The kind of operation and every number its primitive depends on; the number of threads is added here. */
using PrimitiveKey = std::array<int64_t, 24>;

/** A primitive with the layouts of its arguments. */
struct Prepared {
  dnnl::primitive primitive;
  dnnl::memory::desc source, weights, bias, destination;
  /** Layout in which JavaScript holds the weights, and the copies between the two; empty where they agree. */
  dnnl::memory::desc plainWeights;
  dnnl::primitive reorder;
  bool reorders = false;
  /** What the primitive needs to work in, where its caller brings it. */
  dnnl::memory::desc scratchpad;
};

/** Keeps the most recently used primitives, at most `capacity`. */
class PrimitiveCache {
 public:
  explicit PrimitiveCache(size_t capacity = 512) : capacity_(capacity) {}

  Prepared& get(PrimitiveKey key, const std::function<Prepared()>& prepare) {
    // A primitive splits its work when it is made; run by other threads it would give other bits than a fresh one.
    key.back() = omp_get_max_threads();
    const auto found = index_.find(key);
    if (found != index_.end()) {
      entries_.splice(entries_.begin(), entries_, found->second);
      return found->second->second;
    }
    entries_.emplace_front(key, prepare());
    index_[key] = entries_.begin();
    if (entries_.size() > capacity_) {
      index_.erase(entries_.back().first);
      entries_.pop_back();
    }
    return entries_.front().second;
  }

  size_t size() const { return entries_.size(); }

 private:
  struct Hash {
    size_t operator()(const PrimitiveKey& key) const {
      uint64_t hash = 1469598103934665603ULL;
      for (const int64_t item : key) hash = (hash ^ static_cast<uint64_t>(item)) * 1099511628211ULL;
      return static_cast<size_t>(hash ^ (hash >> 29));
    }
  };
  using Entries = std::list<std::pair<PrimitiveKey, Prepared>>;
  size_t capacity_;
  Entries entries_;
  std::unordered_map<PrimitiveKey, Entries::iterator, Hash> index_;
};

}  // namespace kd
