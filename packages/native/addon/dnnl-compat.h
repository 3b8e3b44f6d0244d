// The few places where oneDNN 2 and 3 differ: version 3 has no operation descriptors.
#pragma once

#include <oneapi/dnnl/dnnl.hpp>

namespace kd {

/** Make Primitive::primitive_desc from what follows the engine in version 3, and Primitive::desc takes in version 2. */
#if DNNL_VERSION_MAJOR >= 3
template <typename Primitive, typename... Arguments>
typename Primitive::primitive_desc describeWith(const dnnl::primitive_attr& attributes, const dnnl::engine& engine,
                                                const Arguments&... arguments) {
  return typename Primitive::primitive_desc(engine, arguments..., attributes);
}
template <typename Primitive, typename Hint, typename... Arguments>
typename Primitive::primitive_desc describeBackward(const dnnl::engine& engine, const Hint& hint, const Arguments&... arguments) {
  return typename Primitive::primitive_desc(engine, arguments..., hint);
}
#else
template <typename Primitive, typename... Arguments>
typename Primitive::primitive_desc describeWith(const dnnl::primitive_attr& attributes, const dnnl::engine& engine,
                                                const Arguments&... arguments) {
  return typename Primitive::primitive_desc(typename Primitive::desc(arguments...), attributes, engine);
}
template <typename Primitive, typename Hint, typename... Arguments>
typename Primitive::primitive_desc describeBackward(const dnnl::engine& engine, const Hint& hint, const Arguments&... arguments) {
  return typename Primitive::primitive_desc(typename Primitive::desc(arguments...), engine, hint);
}
#endif

template <typename Primitive, typename... Arguments>
typename Primitive::primitive_desc describePrimitive(const dnnl::engine& engine, const Arguments&... arguments) {
  return describeWith<Primitive>({}, engine, arguments...);
}

}  // namespace kd
