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

// How a C++ parameter is read from a JavaScript value, and what `signatures` calls its kind. A type
// that is not here cannot be bound.
template <typename T>
struct Read;

// A number that stands for itself; NaN and Infinity are legal (a fill value may be either).
template <>
struct Read<double> {
  static std::string kind() { return "number"; }
  static double from(const Argument& argument, const Napi::Value& value);
};

// A whole number within ±2^53. NaN, fractions and Infinity are errors: they would wrap silently.
template <>
struct Read<int64_t> {
  static std::string kind() { return "integer"; }
  static int64_t from(const Argument& argument, const Napi::Value& value);
};

template <>
struct Read<bool> {
  static std::string kind() { return "boolean"; }
  static bool from(const Argument& argument, const Napi::Value& value);
};

template <>
struct Read<std::string> {
  static std::string kind() { return "string"; }
  static std::string from(const Argument& argument, const Napi::Value& value);
};

template <>
struct Read<at::Tensor> {
  static std::string kind() { return "Tensor"; }
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
  static std::string kind() { return "dtype"; }
  static at::ScalarType from(const Argument& argument, const Napi::Value& value);
};

// "cpu", "cuda" or "cuda:1"; a CUDA device that does not exist is an error.
template <>
struct Read<at::Device> {
  static std::string kind() { return "device"; }
  static at::Device from(const Argument& argument, const Napi::Value& value);
};

// "contiguous", "channelsLast" or "preserve".
template <>
struct Read<at::MemoryFormat> {
  static std::string kind() { return "memoryFormat"; }
  static at::MemoryFormat from(const Argument& argument, const Napi::Value& value);
};

template <>
struct Read<Napi::Value> {
  static std::string kind() { return "any"; }
  static Napi::Value from(const Argument&, const Napi::Value& value) { return value; }
};

// The bytes of a typed array or buffer. Asked for where they are only when they are used: reading
// the arguments after it may run JavaScript, which may take its memory away.
class Bytes {
 public:
  struct Span {
    const uint8_t* data;
    size_t size;
  };
  explicit Bytes(const Napi::TypedArray& array) : array_(array) {}
  Span span() const;

 private:
  Napi::TypedArray array_;
};
template <>
struct Read<Bytes> {
  static std::string kind() { return "typedArray"; }
  static Bytes from(const Argument& argument, const Napi::Value& value);
};

template <typename T>
struct Read<std::optional<T>> {
  static std::string kind() { return Read<T>::kind() + "?"; }
  static std::optional<T> from(const Argument& argument, const Napi::Value& value) {
    const napi_valuetype type = value.Type();
    if (type == napi_undefined || type == napi_null) return std::nullopt;
    return Read<T>::from(argument, value);
  }
};

// Of an array whose elements are to be read one by one: one that is sparse may say it has 2^32 of
// them.
uint32_t lengthOf(const Argument& argument, const Napi::Array& array);

template <typename T>
struct Read<std::vector<T>> {
  static std::string kind() { return Read<T>::kind() + "[]"; }
  static std::vector<T> from(const Argument& argument, const Napi::Value& value) {
    if (!value.IsArray()) argument.reject("an array", value);
    const Napi::Array array = value.As<Napi::Array>();
    const uint32_t length = lengthOf(argument, array);
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
