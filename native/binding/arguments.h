#pragma once

#include <ATen/ATen.h>
#include <napi.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "binding/environment.h"
#include "binding/errors.h"

namespace binding {

// One argument of the call being made: what it is called and where its tensors are.
struct Argument {
  Environment& environment;
  std::string_view signature;
  size_t index;

  // "argument 2 (weight)"; the name comes out of the signature the operator was registered with.
  std::string label() const;
  [[noreturn]] void reject(const char* expected, const Napi::Value& got) const;
};

// How a C++ parameter is read from a JavaScript value. A type that is not here cannot be bound.
template <typename T>
struct Read;

// A number that stands for itself; NaN and Infinity are legal (a fill value may be either).
template <>
struct Read<double> {
  static double from(const Argument& argument, const Napi::Value& value);
};

// A whole number within ±2^53. NaN, fractions and Infinity are errors: they would wrap silently.
template <>
struct Read<int64_t> {
  static int64_t from(const Argument& argument, const Napi::Value& value);
};

template <>
struct Read<bool> {
  static bool from(const Argument& argument, const Napi::Value& value);
};

template <>
struct Read<std::string> {
  static std::string from(const Argument& argument, const Napi::Value& value);
};

template <>
struct Read<at::Tensor> {
  // A copy, which shares the tensor and keeps it alive whatever becomes of the table.
  static at::Tensor from(const Argument& argument, const Napi::Value& value) {
    return borrow(argument, value);
  }
  // The table's own, for as long as no JavaScript runs and no handle is made.
  static const at::Tensor& borrow(const Argument& argument, const Napi::Value& value);
};

// A scalar type by the name PyTorch prints it under: "float32".
template <>
struct Read<at::ScalarType> {
  static at::ScalarType from(const Argument& argument, const Napi::Value& value);
};

// "cpu", "cuda" or "cuda:1"; a CUDA device that does not exist is an error.
template <>
struct Read<at::Device> {
  static at::Device from(const Argument& argument, const Napi::Value& value);
};

// "contiguous", "channelsLast" or "preserve".
template <>
struct Read<at::MemoryFormat> {
  static at::MemoryFormat from(const Argument& argument, const Napi::Value& value);
};

template <>
struct Read<Napi::Value> {
  static Napi::Value from(const Argument&, const Napi::Value& value) { return value; }
};

// The bytes of a typed array or buffer, for the length of the call.
struct Bytes {
  const uint8_t* data;
  size_t size;
};
template <>
struct Read<Bytes> {
  static Bytes from(const Argument& argument, const Napi::Value& value);
};

template <typename T>
struct Read<std::optional<T>> {
  static std::optional<T> from(const Argument& argument, const Napi::Value& value) {
    const napi_valuetype type = value.Type();
    if (type == napi_undefined || type == napi_null) return std::nullopt;
    return Read<T>::from(argument, value);
  }
};

template <typename T>
struct Read<std::vector<T>> {
  static std::vector<T> from(const Argument& argument, const Napi::Value& value) {
    if (!value.IsArray()) argument.reject("an array", value);
    const Napi::Array array = value.As<Napi::Array>();
    const uint32_t length = array.Length();
    std::vector<T> elements;
    elements.reserve(length);
    for (uint32_t i = 0; i < length; ++i) {
      elements.push_back(Read<T>::from(argument, array.Get(i)));
    }
    return elements;
  }
};

const char* dtypeName(at::ScalarType type);

}  // namespace binding
