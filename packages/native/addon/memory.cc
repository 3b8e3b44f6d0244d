// Tensor memory. JavaScript owns it as ArrayBuffers over aligned memory and keeps the pool (src/memory-pool.ts), so that
// no address outlives its owner: what is still referenced is never freed.
#include <new>

#include "aligned-buffer.h"
#include "exports.h"

namespace kd {

namespace {

void release(napi_env, void* memory, void*) { std::free(memory); }

napi_value allocate(Call& call) {
  const double bytes = call.number(0);
  if (!(bytes > 0 && bytes < 281474976710656.0)) throw ArgumentError("allocate: bytes must be > 0, got " + std::to_string(bytes));
  void* memory = allocateAligned(static_cast<size_t>(bytes));
  if (memory == nullptr) {
    throw std::bad_alloc();
  }
  napi_value buffer;
  const napi_status status =
      napi_create_external_arraybuffer(call.env(), memory, static_cast<size_t>(bytes), release, nullptr, &buffer);
  if (status == napi_ok) return buffer;
  // Any other failure has released the memory already, and left its own exception.
  if (status != napi_no_external_buffers_allowed) call.check(status, "napi_create_external_arraybuffer");
  // Some embedders forbid external memory: theirs then, with its own alignment.
  std::free(memory);
  void* data = nullptr;
  call.check(napi_create_arraybuffer(call.env(), static_cast<size_t>(bytes), &data, &buffer), "napi_create_arraybuffer");
  return buffer;
}

}  // namespace

std::vector<Export> memoryExports() { return {{"allocate", valueEntry<allocate>}}; }

}  // namespace kd
