#include <cstring>
#include <new>

#include "ops/register.h"

namespace ops {
namespace {

using at::Tensor;

// Made by JavaScript's own constructor, which throws where N-API's function ends the process.
Napi::ArrayBuffer allocate(Napi::Env env, size_t size) {
  try {
    const auto constructor = env.Global().Get("ArrayBuffer").As<Napi::Function>();
    return constructor.New({Napi::Number::New(env, static_cast<double>(size))})
        .As<Napi::ArrayBuffer>();
  } catch (const Napi::Error&) {
    throw std::bad_alloc();
  }
}

// The elements in order, as the bytes of a new ArrayBuffer.
Napi::Value toBytes(const Napi::CallbackInfo& info) {
  constexpr int64_t kLargest = int64_t{1} << 32;
  const auto& environment = binding::Environment::of(info.Env());
  const auto x =
      binding::Read<Tensor>::from(binding::Argument{*environment, "toBytes(input)", 0}, info[0]);
  TORCH_CHECK(x.numel() <= kLargest / static_cast<int64_t>(x.element_size()),
              "expected at most 4 GiB to read out at once, got shape ", x.sizes(), "; take slices");
  const Tensor flat = x.detach().to(at::kCPU).contiguous();
  Napi::ArrayBuffer buffer = allocate(info.Env(), flat.nbytes());
  if (flat.nbytes() != 0) std::memcpy(buffer.Data(), flat.const_data_ptr(), flat.nbytes());
  return buffer;
}

}  // namespace

void registerInspect(binding::Exports& e) {
  e.op<[](const Tensor& x) { return x.sizes().vec(); }>("shape(input)");
  e.op<[](const Tensor& x) { return x.strides().vec(); }>("strides(input)");
  e.op<[](const Tensor& x) { return x.numel(); }>("numel(input)");
  e.op<[](const Tensor& x) { return std::string(binding::dtypeName(x.scalar_type())); }>(
      "dtype(input)");
  e.op<[](const Tensor& x) { return x.device().str(); }>("device(input)");
  e.op<[](const Tensor& x, at::MemoryFormat format) { return x.is_contiguous(format); }>(
      "isContiguous(input, memoryFormat)");
  e.op<[](const Tensor& x) {
    TORCH_CHECK(x.numel() == 1, "expected a tensor of one element, got shape ", x.sizes());
    const at::Scalar value = x.item();
    return value.isBoolean() ? static_cast<double>(value.toBool()) : value.toDouble();
  }>("item(input)");
  e.function<toBytes>("toBytes");
}

}  // namespace ops
