// Splits loops over the threads of OpenMP, the same ones that oneDNN uses.
#pragma once

#include <omp.h>

#include <algorithm>
#include <cstddef>

namespace kd {

/**
 * Work worth one more thread, in items of a cheap element-wise loop: some 30 microseconds. Waking a thread that sleeps takes
 * as long, and far longer where another program has its core.
 */
constexpr size_t grain = 65536;

/** Runs body(begin, end) on contiguous parts of [0, count), each at least `least` items. The body must not throw. */
template <typename Body>
void parallel(size_t count, size_t least, const Body& body) {
  const size_t parts =
      std::min<size_t>(static_cast<size_t>(omp_get_max_threads()), count / std::max<size_t>(least, 1));
  if (parts <= 1) {
    if (count > 0) body(size_t{0}, count);
    return;
  }
#pragma omp parallel num_threads(static_cast<int>(parts))
  {
    const auto thread = static_cast<size_t>(omp_get_thread_num());
    const auto threads = static_cast<size_t>(omp_get_num_threads());
    const size_t begin = count * thread / threads;
    const size_t end = count * (thread + 1) / threads;
    if (begin < end) body(begin, end);
  }
}

/** Keeps what runs in its scope, oneDNN included, on this thread. */
class OneThread {
 public:
  explicit OneThread(bool really) : before_(really ? omp_get_max_threads() : 0) {
    if (really) omp_set_num_threads(1);
  }
  ~OneThread() {
    if (before_ > 0) omp_set_num_threads(before_);
  }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int before_;
};

}  // namespace kd
