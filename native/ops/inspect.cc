#include <cstring>

#include "ops/register.h"

namespace ops {
namespace {

using at::Tensor;

// The elements in order, as the bytes of a new ArrayBuffer.
Napi::Value toBytes(const Napi::CallbackInfo& info) {
  const auto& environment = binding::Environment::of(info.Env());
  try {
    const auto x = binding::Read<Tensor>::from(
        binding::Argument{*environment, "toBytes(input)", 0}, info[0]);
    const Tensor flat = x.detach().to(at::kCPU).contiguous();
    Napi::ArrayBuffer buffer = Napi::ArrayBuffer::New(info.Env(), flat.nbytes());
    if (flat.nbytes() != 0) std::memcpy(buffer.Data(), flat.const_data_ptr(), flat.nbytes());
    return buffer;
  } catch (...) {
    throw binding::toJavaScript(info.Env(), "toBytes");
  }
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
