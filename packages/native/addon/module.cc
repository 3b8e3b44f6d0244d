#include <memory>

#include "exports.h"
#include "state.h"

namespace {

void destroyState(napi_env, void* state, void*) { delete static_cast<kd::State*>(state); }

bool exportAll(napi_env env, napi_value exports) {
  for (const auto& list :
       {kd::memoryExports(), kd::threadExports(), kd::elementwiseExports(), kd::matmulExports(), kd::convolutionExports(), kd::foldedChainExports(),
        kd::poolingExports(), kd::reductionExports(), kd::normalizationExports(), kd::layoutExports(), kd::indexingExports(),
        kd::rowKernelExports(), kd::optimizerExports()}) {
    for (const kd::Export& item : list) {
      napi_value function;
      if (napi_create_function(env, item.name, NAPI_AUTO_LENGTH, item.callback, const_cast<void*>(item.data), &function) != napi_ok) return false;
      if (napi_set_named_property(env, exports, item.name, function) != napi_ok) return false;
    }
  }
  return true;
}

}  // namespace

NAPI_MODULE_INIT(/* napi_env env, napi_value exports */) {
  try {
    auto state = std::make_unique<kd::State>();
    if (napi_set_instance_data(env, state.get(), destroyState, nullptr) != napi_ok) {
      napi_throw_error(env, "ERR_KD_NATIVE", "native: napi_set_instance_data failed");
      return nullptr;
    }
    state.release();
    if (!exportAll(env, exports)) {
      bool pending = false;
      if (napi_is_exception_pending(env, &pending) == napi_ok && !pending) {
        napi_throw_error(env, "ERR_KD_NATIVE", "native: its functions could not be exported");
      }
      return nullptr;
    }
    return exports;
  } catch (...) {
    kd::throwToJavaScript(env);
    return nullptr;
  }
}
