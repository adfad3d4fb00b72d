#include "binding/environment.h"

namespace binding {
namespace {

using Held = std::shared_ptr<Environment>;

// When the engine lets the environment go.
void letGo(Napi::Env, Held* held) {
  (*held)->errorClass.Reset();
  delete held;
}

}  // namespace

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
  auto* held = env.GetInstanceData<Held>();
  if (held == nullptr) {
    held = new Held(std::make_shared<Environment>());
    env.SetInstanceData<Held, &letGo>(held);
  }
  return *held;
}

}  // namespace binding
