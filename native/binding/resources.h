#pragma once

#include <memory>

#include "binding/operator.h"
#include "binding/resource_table.h"

namespace binding {

// A resource as an argument: of the kind the operator asks for, and not released yet.
template <typename T>
struct Read<std::shared_ptr<T>> {
  static_assert(std::is_base_of_v<Resource, T>);
  static std::string kind() { return "resource"; }
  static std::shared_ptr<T> from(const Argument& argument, const Napi::Value& value) {
    const int64_t number = Read<int64_t>::from(argument, value);
    auto found = std::dynamic_pointer_cast<T>(argument.environment.resources.find(number));
    if (found == nullptr) {
      throw ArgumentError("ERR_RELEASED", argument.label() +
                                              ": expected one that is in use, got one that was "
                                              "released; dispose() was called on it");
    }
    return found;
  }
};

// A new resource as a result: its number.
template <typename T>
  requires std::is_base_of_v<Resource, T>
Napi::Value write(Environment& environment, Napi::Env env, std::shared_ptr<T> resource) {
  return Napi::Number::New(env,
                           static_cast<double>(environment.resources.insert(std::move(resource))));
}

// A resource to be released; releasing it twice does nothing.
struct Released {};
template <>
struct Read<Released> {
  static std::string kind() { return "resource"; }
  static Released from(const Argument& argument, const Napi::Value& value) {
    argument.environment.resources.release(Read<int64_t>::from(argument, value));
    return {};
  }
};

}  // namespace binding
