// The widest vector of floats that this instruction set has.
#pragma once

#include <cstddef>

namespace kd::KD_ISA {

#if defined(__AVX512F__)
constexpr size_t lanes = 16;
#elif defined(__AVX__)
constexpr size_t lanes = 8;
#else
constexpr size_t lanes = 4;
#endif
typedef float Vec __attribute__((vector_size(lanes * sizeof(float))));
/** Where it lies in a tensor, at any float. */
typedef float VecInMemory __attribute__((vector_size(lanes * sizeof(float)), aligned(4), may_alias));

inline Vec load(const float* from) { return *reinterpret_cast<const VecInMemory*>(from); }
inline void store(float* to, Vec value) { *reinterpret_cast<VecInMemory*>(to) = value; }

}  // namespace kd::KD_ISA
