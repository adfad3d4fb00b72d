#include "binding/handles.h"

#include <unordered_set>

namespace binding {
namespace {

// Ties a handle to the JavaScript object that stands for it outside any scope.
struct Token {
  std::shared_ptr<Environment> environment;
  Handle handle;
  int64_t bytes;
};

// Runs inside a garbage collection, perhaps in the middle of an operation or of an error: no
// JavaScript, no tensor is freed here.
void collect(napi_env, void* data, void*) {
  const std::unique_ptr<Token> token(static_cast<Token*>(data));
  token->environment->collected.emplace_back(token->handle, token->bytes);
}

// What the garbage collector is told of a tensor's memory. It begins to collect 64 MB after it last
// did and goes on beside the program: a loop that drops tensors of 1 MB peaked 88 MB higher than it
// began. Told of twice the bytes, 57 MB; of more, it takes longer and gains little.
int64_t bytesToTell(const at::Tensor& tensor) {
  if (!tensor.has_storage() || !tensor.device().is_cpu()) return 0;
  // A view adds nothing: its memory is counted with the tensor it looks into.
  if (tensor.storage().use_count() != 1) return 0;
  return 2 * static_cast<int64_t>(tensor.storage().nbytes());
}

// The functions here are no operators: they deal in handles and objects, not in tensors.

Napi::Value release(const Napi::CallbackInfo& info) {
  double handle;
  if (napi_get_value_double(info.Env(), info[0], &handle) == napi_ok) {
    Environment::of(info.Env())->handles.release(handle);
  }
  return info.Env().Undefined();
}

Napi::Value beginScope(const Napi::CallbackInfo& info) {
  Environment::of(info.Env())->handles.beginScope();
  return info.Env().Undefined();
}

Napi::Value endScope(const Napi::CallbackInfo& info) {
  std::vector<Handle> kept;
  if (info[0].IsArray()) {
    const Napi::Array array = info[0].As<Napi::Array>();
    const uint32_t length =
        lengthOf(Argument{*Environment::of(info.Env()), "endScope(kept)", 0}, array);
    for (uint32_t i = 0; i < length; ++i) {
      double handle;
      if (napi_get_value_double(info.Env(), array.Get(i), &handle) == napi_ok) {
        kept.push_back(handle);
      }
    }
  }
  const bool open = Environment::of(info.Env())->handles.endScope(kept);
  return Napi::Boolean::New(info.Env(), open);
}

// collectable(object, handle): releases the handle when the object is collected.
Napi::Value collectable(const Napi::CallbackInfo& info) {
  const auto& environment = Environment::of(info.Env());
  double handle;
  if (!info[0].IsObject() || napi_get_value_double(info.Env(), info[1], &handle) != napi_ok) {
    return info.Env().Undefined();
  }
  const at::Tensor* tensor = environment->handles.find(handle);
  if (tensor == nullptr) return info.Env().Undefined();
  auto token = std::make_unique<Token>(Token{environment, handle, bytesToTell(*tensor)});
  // Refused where the object has a token already: a scope may return what was made outside it.
  if (napi_wrap(environment->collector, info[0], token.get(), collect, nullptr, nullptr) ==
      napi_ok) {
    const int64_t bytes = token.release()->bytes;
    if (bytes != 0) Napi::MemoryManagement::AdjustExternalMemory(info.Env(), bytes);
  }
  return info.Env().Undefined();
}

Napi::Value setErrorClass(const Napi::CallbackInfo& info) {
  if (!info[0].IsFunction()) return info.Env().Undefined();
  auto& errorClass = Environment::of(info.Env())->errorClass;
  errorClass = Napi::Persistent(info[0].As<Napi::Function>());
  // The environment may outlive the engine (a token holds it): the reference is deleted before.
  errorClass.SuppressDestruct();
  return info.Env().Undefined();
}

// environment(): this instance of the module, to be another one's collector.
Napi::Value environment(const Napi::CallbackInfo& info) {
  napi_value external;
  if (napi_create_external(info.Env(), info.Env(), nullptr, nullptr, &external) != napi_ok) {
    throw Napi::Error::New(info.Env());
  }
  return Napi::Value(info.Env(), external);
}

Napi::Value setCollector(const Napi::CallbackInfo& info) {
  void* collector;
  if (napi_get_value_external(info.Env(), info[0], &collector) == napi_ok) {
    Environment::of(info.Env())->collector = static_cast<napi_env>(collector);
  }
  return info.Env().Undefined();
}

Napi::Value memory(const Napi::CallbackInfo& info) {
  const auto& environment = Environment::of(info.Env());
  environment->releaseCollected(info.Env());
  HandleTable& handles = environment->handles;
  std::unordered_set<const c10::StorageImpl*> seen;
  double bytes = 0;
  for (const Handle handle : handles.liveHandles()) {
    const at::Tensor& tensor = *handles.find(handle);
    if (!tensor.has_storage()) continue;
    if (seen.insert(tensor.storage().unsafeGetStorageImpl()).second) {
      bytes += static_cast<double>(tensor.storage().nbytes());
    }
  }
  Napi::Object figures = Napi::Object::New(info.Env());
  figures.Set("tensors", static_cast<double>(handles.size()));
  figures.Set("bytes", bytes);
  return figures;
}

}  // namespace

void registerHandles(Exports& exports) {
  exports.function<release>("release");
  exports.function<beginScope>("beginScope");
  exports.function<endScope>("endScope");
  exports.function<collectable>("collectable");
  exports.function<environment>("environment");
  exports.function<setCollector>("setCollector");
  exports.function<setErrorClass>("setErrorClass");
  exports.function<memory>("memory");
}

}  // namespace binding
