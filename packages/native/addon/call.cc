#include "call.h"

#include <cmath>
#include <limits>
#include <new>

#include <oneapi/dnnl/dnnl.hpp>

#include "state.h"

namespace kd {

namespace {

constexpr double largest = 281474976710656.0;  // 2^48

std::string at(size_t index) { return "argument " + std::to_string(index); }

}  // namespace

double Numbers::real(size_t index) const {
  if (index >= values_.size) throw ArgumentError("numbers: must have an item " + std::to_string(index));
  return values_.data[index];
}

int64_t Numbers::integer(size_t index, int64_t minimum) const {
  const double value = real(index);
  if (!(value >= static_cast<double>(minimum) && value < largest) || std::floor(value) != value) {
    throw ArgumentError("numbers: item " + std::to_string(index) + " must be an integer >= " + std::to_string(minimum) +
                        ", got " + std::to_string(value));
  }
  return static_cast<int64_t>(value);
}

int64_t Numbers::size(size_t index, int64_t minimum) const {
  const int64_t value = integer(index, minimum);
  if (value >= int64_t{1} << 31) throw ArgumentError("numbers: item " + std::to_string(index) + " must be below 2^31");
  return value;
}

std::vector<int64_t> Numbers::integers(size_t index, size_t count, int64_t minimum) const {
  std::vector<int64_t> result(count);
  for (size_t item = 0; item < count; ++item) result[item] = integer(index + item, minimum);
  return result;
}

Call::Call(napi_env env, napi_callback_info info) : env_(env) {
  check(napi_get_cb_info(env, info, &count_, inline_, nullptr, &data_), "napi_get_cb_info");
  if (count_ > inlineCount) {
    more_.resize(count_);
    check(napi_get_cb_info(env, info, &count_, more_.data(), nullptr, nullptr), "napi_get_cb_info");
    arguments_ = more_.data();
  }
  void* state = nullptr;
  check(napi_get_instance_data(env, &state), "napi_get_instance_data");
  state_ = static_cast<State*>(state);
}

void Call::check(napi_status status, const char* what) const {
  if (status != napi_ok) throw std::runtime_error(std::string(what) + " failed with status " + std::to_string(status));
}

bool Call::has(size_t index) const {
  if (index >= count_) return false;
  napi_valuetype type;
  check(napi_typeof(env_, arguments_[index], &type), "napi_typeof");
  return type != napi_undefined && type != napi_null;
}

Call::Raw Call::raw(size_t index) const {
  if (index >= count_) throw ArgumentError(at(index) + " must be given");
  Raw result{};
  const napi_status status =
      napi_get_typedarray_info(env_, arguments_[index], &result.type, &result.size, &result.data, nullptr, nullptr);
  if (status != napi_ok) throw ArgumentError(at(index) + " must be a typed array");
  return result;
}

template <typename Item>
Span<Item> Call::typed(size_t index, napi_typedarray_type type, const char* name, size_t size) const {
  const Raw array = raw(index);
  if (array.type != type) throw ArgumentError(at(index) + " must be a " + name);
  if (array.size < size) {
    throw ArgumentError(at(index) + " must have " + std::to_string(size) + " items, got " + std::to_string(array.size));
  }
  return {static_cast<Item*>(array.data), array.size};
}

Span<float> Call::floats(size_t index, size_t size) const {
  return typed<float>(index, napi_float32_array, "Float32Array", size);
}

Span<int32_t> Call::integers(size_t index, size_t size) const {
  return typed<int32_t>(index, napi_int32_array, "Int32Array", size);
}

Span<uint8_t> Call::bytes(size_t index, size_t size) const {
  return typed<uint8_t>(index, napi_uint8_array, "Uint8Array", size);
}

Span<uint8_t> Call::any(size_t index, size_t& itemSize) const {
  const Raw array = raw(index);
  if (array.type == napi_float32_array || array.type == napi_int32_array) {
    itemSize = 4;
  } else if (array.type == napi_uint8_array) {
    itemSize = 1;
  } else {
    throw ArgumentError(at(index) + " must be a Float32Array, Int32Array or Uint8Array");
  }
  return {static_cast<uint8_t*>(array.data), array.size};
}

Numbers Call::numbers(size_t index) const {
  return Numbers(typed<double>(index, napi_float64_array, "Float64Array", 0));
}

double Call::number(size_t index) const {
  double value = 0;
  if (index >= count_ || napi_get_value_double(env_, arguments_[index], &value) != napi_ok) {
    throw ArgumentError(at(index) + " must be a number");
  }
  return value;
}

size_t product(const std::vector<int64_t>& sizes) {
  size_t result = 1;
  for (const int64_t size : sizes) {
    const auto factor = static_cast<size_t>(size);
    if (factor != 0 && result > static_cast<size_t>(largest) / factor) throw ArgumentError("sizes must fit in memory");
    result *= factor;
  }
  return result;
}

void throwToJavaScript(napi_env env) noexcept {
  // A pending exception stays the one that JavaScript sees.
  bool pending = false;
  if (napi_is_exception_pending(env, &pending) != napi_ok || pending) return;
  try {
    throw;
  } catch (const ArgumentError& error) {
    napi_throw_range_error(env, "ERR_KD_NATIVE_ARGUMENT", error.what());
  } catch (const std::bad_alloc&) {
    napi_throw_range_error(env, "ERR_KD_NATIVE_MEMORY", "native: out of memory");
  } catch (const dnnl::error& error) {
    const std::string text = std::string("native: oneDNN failed: ") + error.what();
    napi_throw_error(env, error.status == dnnl_out_of_memory ? "ERR_KD_NATIVE_MEMORY" : "ERR_KD_NATIVE_ONEDNN", text.c_str());
  } catch (const std::exception& error) {
    napi_throw_error(env, "ERR_KD_NATIVE", error.what());
  } catch (...) {
    napi_throw_error(env, "ERR_KD_NATIVE", "native: unknown failure");
  }
}

}  // namespace kd
