#pragma once

#include "kernels/simd/isa.h"

namespace kernels {

// Channels of sums and packed weights are padded with zeros to a multiple of it.
constexpr std::int64_t kPadding = 16;
constexpr std::int64_t padded(std::int64_t channels, std::int64_t to = kPadding) {
  return (channels + to - 1) / to * to;
}

}  // namespace kernels
