#pragma once

#include <napi.h>

#include <stdexcept>
#include <string>

namespace binding {

// Thrown while a call's arguments are read: the caller passed something wrong.
class ArgumentError : public std::invalid_argument {
 public:
  ArgumentError(const char* code, const std::string& message)
      : std::invalid_argument(message), code(code) {}
  const char* code;
};

// How a JavaScript value is shown in a message: short and typed.
std::string describe(const Napi::Value& value);

// The current C++ exception as an EnasTorchError; to be called from a catch block.
Napi::Error toJavaScript(Napi::Env env, const std::string& operatorName);

// Makes the current C++ exception the pending JavaScript one; to be called from a catch block,
// after which the callback returns. In a worker that is being terminated no error can be made or
// thrown, and node-addon-api's own handler ends the process over that: here it is let go.
void throwInJavaScript(Napi::Env env, const std::string& operatorName) noexcept;

}  // namespace binding
