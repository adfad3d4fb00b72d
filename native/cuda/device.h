#pragma once

#include <c10/core/Device.h>

#include <cstdint>

namespace cuda {

// A device of this machine; anything else is an error.
c10::DeviceIndex deviceIndex(int64_t index);

}  // namespace cuda
