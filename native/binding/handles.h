#pragma once

#include "binding/operator.h"

namespace binding {

// Scopes, release, the garbage collector's backstop, and the error class.
void registerHandles(Exports& exports);

}  // namespace binding
