#pragma once

#include <ATen/ATen.h>
#include <napi.h>

#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "binding/arguments.h"
#include "binding/environment.h"
#include "binding/errors.h"

namespace binding {

inline Napi::Value write(Environment& e, Napi::Env env, at::Tensor tensor) {
  // An undefined tensor is "none": a gradient that does not exist.
  if (!tensor.defined()) return env.Null();
  return Napi::Number::New(env, e.handles.insert(std::move(tensor)));
}
inline Napi::Value write(Environment&, Napi::Env, Napi::Value value) { return value; }
inline Napi::Value write(Environment&, Napi::Env env, double number) {
  return Napi::Number::New(env, number);
}
inline Napi::Value write(Environment&, Napi::Env env, int64_t number) {
  return Napi::Number::New(env, static_cast<double>(number));
}
inline Napi::Value write(Environment&, Napi::Env env, bool flag) {
  return Napi::Boolean::New(env, flag);
}
inline Napi::Value write(Environment&, Napi::Env env, const std::string& text) {
  return Napi::String::New(env, text);
}
template <typename T>
Napi::Value write(Environment& e, Napi::Env env, std::vector<T> elements) {
  Napi::Array array = Napi::Array::New(env, elements.size());
  for (size_t i = 0; i < elements.size(); ++i) {
    array.Set(static_cast<uint32_t>(i), write(e, env, std::move(elements[i])));
  }
  return array;
}
template <typename... T>
Napi::Value write(Environment& e, Napi::Env env, std::tuple<T...> elements) {
  Napi::Array array = Napi::Array::New(env, sizeof...(T));
  uint32_t next = 0;
  std::apply([&](auto&... element) { (array.Set(next++, write(e, env, std::move(element))), ...); },
             elements);
  return array;
}

template <typename T>
struct IsVector : std::false_type {};
template <typename T>
struct IsVector<std::vector<T>> : std::true_type {};
template <typename T>
struct IsVector<std::optional<std::vector<T>>> : std::true_type {};

// How a parameter is kept while the others are read and during the call: by value, but a tensor by
// reference into the table where `Borrow`, which saves two atomic increments a tensor.
template <typename Parameter, bool Borrow>
struct Held {
  using Type = std::decay_t<Parameter>;
  static Type read(const Argument& argument, const Napi::Value& value) {
    return Read<Type>::from(argument, value);
  }
};
template <>
struct Held<const at::Tensor&, true> {
  using Type = const at::Tensor&;
  static Type read(const Argument& argument, const Napi::Value& value) {
    return Read<at::Tensor>::borrow(argument, value);
  }
};

template <auto Function, typename Signature>
struct Call;

template <auto Function, typename Lambda, typename Result, typename... Parameters>
struct Call<Function, Result (Lambda::*)(Parameters...) const> {
  // Reading an array may run JavaScript (a getter, a proxy), which may make or release tensors.
  static constexpr bool kBorrow = !(IsVector<std::decay_t<Parameters>>::value || ...);

  static std::vector<std::string> kinds() { return {Read<std::decay_t<Parameters>>::kind()...}; }

  template <size_t... I>
  static Napi::Value make(Operator& op, const Napi::CallbackInfo& info, std::index_sequence<I...>) {
    Environment& e = *op.environment;
    // Braces read the arguments from left to right, so the first wrong one is the one reported.
    std::tuple<typename Held<Parameters, kBorrow>::Type...> arguments{
        Held<Parameters, kBorrow>::read(Argument{e, op.signature, I}, info[I])...};
    if constexpr (std::is_void_v<Result>) {
      std::apply(Function, std::move(arguments));
      return info.Env().Undefined();
    } else {
      return write(e, info.Env(), std::apply(Function, std::move(arguments)));
    }
  }

  // Every way into the addon passes here, and nothing but a JavaScript error leaves it.
  static Napi::Value invoke(const Napi::CallbackInfo& info) {
    Operator& op = *static_cast<Operator*>(info.Data());
    try {
      if (info.Length() > sizeof...(Parameters)) {
        throw ArgumentError("ERR_ARGUMENT", "expected at most " +
                                                std::to_string(sizeof...(Parameters)) +
                                                " arguments, got " + std::to_string(info.Length()));
      }
      Napi::Value result = make(op, info, std::index_sequence_for<Parameters...>{});
      op.environment->releaseCollected(info.Env());
      return result;
    } catch (...) {
      throwInJavaScript(info.Env(), op.publicName());
      return Napi::Value();
    }
  }
};

template <Napi::Value (*Body)(const Napi::CallbackInfo&)>
Napi::Value guarded(const Napi::CallbackInfo& info) {
  try {
    return Body(info);
  } catch (...) {
    throwInJavaScript(info.Env(), static_cast<Operator*>(info.Data())->name());
    return Napi::Value();
  }
}

// What the operators of one environment are put into.
class Exports {
 public:
  Exports(Napi::Env env, Napi::Object object) : env_(env), object_(object) {}

  // Binds a stateless lambda under the name at the head of its signature.
  template <auto Function>
  void op(const char* signature) {
    using Bound = Call<Function, decltype(&decltype(Function)::operator())>;
    Environment& environment = *Environment::of(env_);
    Operator& entry =
        environment.operators.emplace_back(Operator{&environment, signature, &Bound::kinds});
    const std::string name = entry.name();
    object_.Set(name, Napi::Function::New<&Bound::invoke>(env_, name.c_str(), &entry));
  }

  // Binds a function that reads its own arguments.
  template <Napi::Value (*Body)(const Napi::CallbackInfo&)>
  void function(const char* name) {
    Environment& environment = *Environment::of(env_);
    Operator& entry = environment.operators.emplace_back(Operator{&environment, name});
    object_.Set(name, Napi::Function::New<&guarded<Body>>(env_, name, &entry));
  }

 private:
  Napi::Env env_;
  Napi::Object object_;
};

}  // namespace binding
