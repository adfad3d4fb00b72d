#include <ATen/Context.h>
#include <malloc.h>
#include <napi.h>

#include "binding/environment.h"
#include "binding/handles.h"
#include "binding/signatures.h"
#ifdef ENAS_CUDA
#include "cuda/register.h"
#endif
#include "memory/caching_allocator.h"
#include "ops/register.h"

namespace {

// What is too small for the caching allocator, glibc is to keep as well.
void keepFreedMemory() {
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, -1);
  memory::installCachingAllocator();
}

// Where the processor is none that NNPACK knows, libtorch says so on stderr at every convolution it
// would have tried it on. oneDNN is there on all of them and is faster.
void leaveOutNnpack() { at::globalContext().setUserEnabledNNPACK(false); }

Napi::Object initialize(Napi::Env env, Napi::Object object) {
  keepFreedMemory();
  leaveOutNnpack();
  binding::Exports exports(env, object);
  binding::registerHandles(exports);
  binding::registerSignatures(exports);
  ops::registerAutograd(exports);
  ops::registerCapturable(exports);
  ops::registerCreation(exports);
  ops::registerDispatch(exports);
  ops::registerFiles(exports);
  ops::registerImages(exports);
  ops::registerInspect(exports);
  ops::registerMath(exports);
  ops::registerNn(exports);
  ops::registerOptim(exports);
  ops::registerProfile(exports);
  ops::registerRandom(exports);
  ops::registerRecurrence(exports);
  ops::registerReduce(exports);
  ops::registerRuntime(exports);
  ops::registerShape(exports);
#ifdef ENAS_CUDA
  cuda::registerCuda(exports);
#endif
  return object;
}

}  // namespace

// The module entry is written out rather than made by NODE_API_MODULE for the sake of the second
// function: Node runs finalizers during garbage collection only for a module that reports the
// experimental version, and a synchronous loop that drops tensors never reaches any other kind
// (3 GB of 3 GB stayed alive).
extern "C" NAPI_MODULE_EXPORT napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  return Napi::RegisterModule(env, exports, initialize);
}

extern "C" NAPI_MODULE_EXPORT int32_t node_api_module_get_api_version_v1() {
  constexpr int32_t kExperimental = 2147483647;
  return kExperimental;
}
