// The JavaScript border: reads and checks the arguments of one call, and turns C++ exceptions into JavaScript errors.
#pragma once

#include <node_api.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace kd {

struct State;

/** A wrong argument; becomes a JavaScript RangeError. */
struct ArgumentError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/** Memory that JavaScript owns, valid until the call returns. */
template <typename Item>
struct Span {
  Item* data = nullptr;
  size_t size = 0;
};

/** The numbers of a call: sizes, strides and factors, packed in one Float64Array to save a conversion each. */
class Numbers {
 public:
  explicit Numbers(Span<double> values) : values_(values) {}
  /** An integer in [minimum, 2^48). */
  int64_t integer(size_t index, int64_t minimum = 0) const;
  /** An integer in [minimum, 2^31), small enough to multiply two of them. */
  int64_t size(size_t index, int64_t minimum = 0) const;
  bool flag(size_t index) const { return real(index) != 0; }
  double real(size_t index) const;
  /** `count` integers from `index` on. */
  std::vector<int64_t> integers(size_t index, size_t count, int64_t minimum = 0) const;

 private:
  Span<double> values_;
};

/** One call from JavaScript. Every getter throws ArgumentError when the argument is not what it must be. */
class Call {
 public:
  Call(napi_env env, napi_callback_info info);

  napi_env env() const { return env_; }
  State& state() const { return *state_; }
  size_t count() const { return count_; }
  /** What the function was exported with. */
  const void* data() const { return data_; }
  /** False for an argument that is missing, null or undefined. */
  bool has(size_t index) const;

  /** The typed array at `index`, of at least `size` items. */
  Span<float> floats(size_t index, size_t size) const;
  Span<int32_t> integers(size_t index, size_t size) const;
  Span<uint8_t> bytes(size_t index, size_t size) const;
  /** A Float32Array, Int32Array (4) or Uint8Array (1) with the bytes of an item. */
  Span<uint8_t> any(size_t index, size_t& itemSize) const;
  Numbers numbers(size_t index) const;
  double number(size_t index) const;

  void check(napi_status status, const char* what) const;

 private:
  struct Raw {
    napi_typedarray_type type;
    void* data;
    size_t size;
  };
  Raw raw(size_t index) const;
  template <typename Item>
  Span<Item> typed(size_t index, napi_typedarray_type type, const char* name, size_t size) const;

  static constexpr size_t inlineCount = 12;
  napi_env env_;
  State* state_ = nullptr;
  void* data_ = nullptr;
  size_t count_ = inlineCount;
  napi_value inline_[inlineCount];
  std::vector<napi_value> more_;
  const napi_value* arguments_ = inline_;
};

/** Throws the current C++ exception as a JavaScript error. */
void throwToJavaScript(napi_env env) noexcept;

/** Wraps a function of a Call as a Node-API callback that returns undefined. */
template <void (*body)(Call&)>
napi_value entry(napi_env env, napi_callback_info info) noexcept {
  try {
    Call call(env, info);
    body(call);
  } catch (...) {
    throwToJavaScript(env);
  }
  return nullptr;
}

/** The same for a function that returns a value. */
template <napi_value (*body)(Call&)>
napi_value valueEntry(napi_env env, napi_callback_info info) noexcept {
  try {
    Call call(env, info);
    return body(call);
  } catch (...) {
    throwToJavaScript(env);
  }
  return nullptr;
}

/** Product of sizes; ArgumentError when it does not fit. */
size_t product(const std::vector<int64_t>& sizes);

/** A function of the addon, as module.cc exports it. */
struct Export {
  const char* name;
  napi_callback callback;
  const void* data = nullptr;  // what the call finds as data()
};

}  // namespace kd
