#include "binding/arguments.h"

#include <c10/core/DeviceGuard.h>

#include <cmath>

namespace binding {
namespace {

struct NamedType {
  const char* name;
  at::ScalarType type;
};

constexpr NamedType kTypes[] = {
    {"float32", at::kFloat}, {"float64", at::kDouble}, {"bfloat16", at::kBFloat16},
    {"int64", at::kLong},    {"uint8", at::kByte},     {"bool", at::kBool},
};

}  // namespace

std::string Argument::label() const {
  size_t start = signature.find('(') + 1;
  for (size_t i = 0; i < index && start != std::string_view::npos; ++i) {
    start = signature.find(", ", start);
    if (start != std::string_view::npos) start += 2;
  }
  if (start == std::string_view::npos) return "argument " + std::to_string(index + 1);
  const size_t end = signature.find_first_of(",)", start);
  return std::string(signature.substr(start, end - start));
}

void Argument::reject(const char* expected, const Napi::Value& got) const {
  throw ArgumentError("ERR_ARGUMENT",
                      label() + ": expected " + expected + ", got " + describe(got));
}

double Read<double>::from(const Argument& argument, const Napi::Value& value) {
  double number;
  if (napi_get_value_double(value.Env(), value, &number) != napi_ok) {
    argument.reject("a number", value);
  }
  return number;
}

int64_t Read<int64_t>::from(const Argument& argument, const Napi::Value& value) {
  double number;
  if (napi_get_value_double(value.Env(), value, &number) != napi_ok) {
    argument.reject("a whole number", value);
  }
  if (!(std::abs(number) <= 9007199254740992.0) || number != std::floor(number)) {
    argument.reject("a whole number", value);
  }
  return static_cast<int64_t>(number);
}

bool Read<bool>::from(const Argument& argument, const Napi::Value& value) {
  bool flag;
  if (napi_get_value_bool(value.Env(), value, &flag) != napi_ok) {
    argument.reject("true or false", value);
  }
  return flag;
}

std::string Read<std::string>::from(const Argument& argument, const Napi::Value& value) {
  if (!value.IsString()) argument.reject("a string", value);
  return value.As<Napi::String>().Utf8Value();
}

const at::Tensor& Read<at::Tensor>::borrow(const Argument& argument, const Napi::Value& value) {
  double handle;
  if (napi_get_value_double(value.Env(), value, &handle) != napi_ok) {
    argument.reject("a Tensor", value);
  }
  const at::Tensor* tensor = argument.environment.handles.find(handle);
  if (tensor == nullptr) {
    if (!HandleTable::looksLikeHandle(handle)) argument.reject("a Tensor", value);
    throw ArgumentError("ERR_RELEASED", argument.label() +
                                            ": expected a live Tensor, got one that was released; "
                                            "its scope has ended or dispose() was called on it");
  }
  return *tensor;
}

at::ScalarType Read<at::ScalarType>::from(const Argument& argument, const Napi::Value& value) {
  if (value.IsString()) {
    const std::string name = value.As<Napi::String>().Utf8Value();
    for (const NamedType& known : kTypes) {
      if (name == known.name) return known.type;
    }
  }
  argument.reject("one of float32, float64, bfloat16, int64, uint8, bool", value);
}

at::Device Read<at::Device>::from(const Argument& argument, const Napi::Value& value) {
  constexpr const char* kExpected = "a device: \"cpu\", \"cuda\" or \"cuda:<index>\"";
  if (!value.IsString()) argument.reject(kExpected, value);
  const std::string name = value.As<Napi::String>().Utf8Value();
  if (name == "cpu") return at::Device(at::kCPU);
  if (name.rfind("cuda", 0) != 0) argument.reject(kExpected, value);
  int64_t index = 0;
  if (name != "cuda") {
    const bool digits = name.size() > 5 && name.size() < 9 && name[4] == ':' &&
                        name.find_first_not_of("0123456789", 5) == std::string::npos;
    if (!digits) argument.reject(kExpected, value);
    index = std::stoll(name.substr(5));
  }
  const int64_t devices =
      at::globalContext().hasCUDA() ? at::detail::getCUDAHooks().deviceCount() : 0;
  if (index >= devices) {
    throw ArgumentError("ERR_DEVICE",
                        argument.label() + ": expected a device of this machine, got " + name +
                            " where there are " + std::to_string(devices) + " CUDA devices");
  }
  return at::Device(at::kCUDA, static_cast<at::DeviceIndex>(index));
}

at::MemoryFormat Read<at::MemoryFormat>::from(const Argument& argument, const Napi::Value& value) {
  if (value.IsString()) {
    const std::string name = value.As<Napi::String>().Utf8Value();
    if (name == "contiguous") return at::MemoryFormat::Contiguous;
    if (name == "channelsLast") return at::MemoryFormat::ChannelsLast;
    if (name == "preserve") return at::MemoryFormat::Preserve;
  }
  argument.reject("one of contiguous, channelsLast, preserve", value);
}

uint32_t lengthOf(const Argument& argument, const Napi::Array& array) {
  constexpr uint32_t kLongest = 1 << 24;
  const uint32_t length = array.Length();
  if (length > kLongest) argument.reject("an array of at most 16,777,216 elements", array);
  return length;
}

Bytes Read<Bytes>::from(const Argument& argument, const Napi::Value& value) {
  if (!value.IsTypedArray()) argument.reject("a typed array", value);
  return Bytes(value.As<Napi::TypedArray>());
}

// Not by way of the ArrayBuffer, which a SharedArrayBuffer is none of.
Bytes::Span Bytes::span() const {
  void* data = nullptr;
  size_t length = 0;
  napi_typedarray_type type;
  if (napi_get_typedarray_info(array_.Env(), array_, &type, &length, &data, nullptr, nullptr) !=
      napi_ok) {
    throw Napi::Error::New(array_.Env());
  }
  return {static_cast<const uint8_t*>(data), length * array_.ElementSize()};
}

const char* dtypeName(at::ScalarType type) {
  for (const NamedType& known : kTypes) {
    if (type == known.type) return known.name;
  }
  return at::toString(type);
}

}  // namespace binding
