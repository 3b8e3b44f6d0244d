#include <omp.h>
#include <oneapi/dnnl/dnnl.hpp>

#include "exports.h"
#include "loops/loops.h"
#include "state.h"

namespace kd {

namespace {

void setThreads(Call& call) {
  const double threads = call.number(0);
  if (!(threads >= 1 && threads <= 1024)) throw ArgumentError("setThreads: threads must be in [1, 1024]");
  omp_set_num_threads(static_cast<int>(threads));
}

void setWinograd(Call& call) {
  const double enabled = call.number(0);
  if (enabled != 0 && enabled != 1) throw ArgumentError("setWinograd: enabled must be 0 or 1");
  call.state().winograd = enabled == 1;
}

napi_value getThreads(Call& call) {
  napi_value result;
  call.check(napi_create_int32(call.env(), omp_get_max_threads(), &result), "napi_create_int32");
  return result;
}

napi_value describe(Call& call) {
  const dnnl_version_t* version = dnnl_version();
  const std::string text = "oneDNN " + std::to_string(version->major) + "." + std::to_string(version->minor) + "." +
                           std::to_string(version->patch) + ", loops for " + loopsName();
  napi_value result;
  call.check(napi_create_string_utf8(call.env(), text.c_str(), text.size(), &result), "napi_create_string_utf8");
  return result;
}

napi_value version(Call& call) {
  napi_value result;
  call.check(napi_create_string_utf8(call.env(), KD_ADDON_VERSION, NAPI_AUTO_LENGTH, &result), "napi_create_string_utf8");
  return result;
}

napi_value cachedPrimitives(Call& call) {
  napi_value result;
  call.check(napi_create_int64(call.env(), static_cast<int64_t>(call.state().primitives.size()), &result), "napi_create_int64");
  return result;
}

}  // namespace

std::vector<Export> threadExports() {
  return {{"setThreads", entry<setThreads>},
          {"getThreads", valueEntry<getThreads>},
          {"setWinograd", entry<setWinograd>},
          {"describe", valueEntry<describe>},
          {"version", valueEntry<version>},
          {"cachedPrimitives", valueEntry<cachedPrimitives>}};
}

}  // namespace kd
