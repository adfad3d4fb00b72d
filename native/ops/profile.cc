#include <ATen/record_function.h>

#include <chrono>
#include <map>
#include <optional>

#include "ops/register.h"

namespace ops {
namespace {

using Clock = std::chrono::steady_clock;

struct Spent {
  int64_t calls = 0;
  Clock::duration self{0};
};

// An operator under way, and the one that called it.
struct Running : at::ObserverContext {
  Clock::time_point start;
  Clock::duration children{0};
  Running* caller = nullptr;
};

// Of a thread: backward runs on the thread that asked for it, as far as the CPU goes.
struct Profile {
  at::CallbackHandle handle;
  std::map<std::string, Spent> spent;
  Running* current = nullptr;
};

thread_local std::optional<Profile> profile;

std::unique_ptr<at::ObserverContext> enter(const at::RecordFunction&) {
  if (!profile) return nullptr;
  auto running = std::make_unique<Running>();
  running->caller = profile->current;
  profile->current = running.get();
  running->start = Clock::now();
  return running;
}

void leave(const at::RecordFunction& function, at::ObserverContext* context) {
  if (!profile || context == nullptr) return;
  const auto& running = *static_cast<Running*>(context);
  const auto elapsed = Clock::now() - running.start;
  profile->current = running.caller;
  if (running.caller != nullptr) running.caller->children += elapsed;
  auto& spent = profile->spent[function.name()];
  spent.calls += 1;
  spent.self += elapsed - running.children;
}

void start() {
  TORCH_CHECK(!profile, "expected no profile under way on this thread, got a second one");
  profile.emplace();
  profile->handle = at::addThreadLocalCallback(at::RecordFunctionCallback(enter, leave));
}

Napi::Value stop(const Napi::CallbackInfo& info) {
  TORCH_CHECK(profile, "expected a profile under way on this thread, got none");
  at::removeCallback(profile->handle);
  const auto spent = std::move(profile->spent);
  profile.reset();
  const auto env = info.Env();
  auto list = Napi::Array::New(env, spent.size());
  uint32_t index = 0;
  for (const auto& [name, of] : spent) {
    auto item = Napi::Object::New(env);
    item.Set("name", name);
    item.Set("calls", static_cast<double>(of.calls));
    item.Set("seconds", std::chrono::duration<double>(of.self).count());
    list.Set(index++, item);
  }
  return list;
}

}  // namespace

void registerProfile(binding::Exports& e) {
  e.op<[]() { start(); }>("profileStart()");
  e.function<stop>("profileStop");
}

}  // namespace ops
