#include "binding/environment.h"

namespace binding {

void Environment::releaseCollected(Napi::Env env) {
  if (collected.empty()) return;
  int64_t bytes = 0;
  for (const auto& [handle, size] : collected) {
    handles.release(handle);
    bytes += size;
  }
  collected.clear();
  if (bytes != 0) Napi::MemoryManagement::AdjustExternalMemory(env, -bytes);
}

std::shared_ptr<Environment>& Environment::of(Napi::Env env) {
  auto* held = env.GetInstanceData<std::shared_ptr<Environment>>();
  if (held == nullptr) {
    held = new std::shared_ptr<Environment>(std::make_shared<Environment>());
    env.SetInstanceData(held);
  }
  return *held;
}

}  // namespace binding
