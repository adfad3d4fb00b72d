#pragma once

#include "binding/operator.h"

// The operators, by kind. Each is bound one to one under its PyTorch name in camelCase; where
// PyTorch overloads a name on a number, the number's form is called <name>Scalar.
namespace ops {

void registerAutograd(binding::Exports& exports);
void registerCapturable(binding::Exports& exports);
void registerCreation(binding::Exports& exports);
void registerDispatch(binding::Exports& exports);
void registerFiles(binding::Exports& exports);
void registerImages(binding::Exports& exports);
void registerInspect(binding::Exports& exports);
void registerMath(binding::Exports& exports);
void registerNn(binding::Exports& exports);
void registerOptim(binding::Exports& exports);
void registerProfile(binding::Exports& exports);
void registerRandom(binding::Exports& exports);
void registerRecurrence(binding::Exports& exports);
void registerReduce(binding::Exports& exports);
void registerRuntime(binding::Exports& exports);
void registerShape(binding::Exports& exports);

}  // namespace ops
