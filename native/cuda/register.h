#pragma once

#include "binding/operator.h"

// What only CUDA has; compiled in where libtorch is a CUDA build (CMakeLists.txt, ENAS_CUDA).
namespace cuda {

void registerCuda(binding::Exports& exports);

void registerDevice(binding::Exports& exports);
void registerEvent(binding::Exports& exports);
void registerGraph(binding::Exports& exports);
void registerStream(binding::Exports& exports);

}  // namespace cuda
