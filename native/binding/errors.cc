#include "binding/errors.h"

#include <c10/util/Exception.h>

#include "binding/environment.h"

namespace binding {
namespace {

// libtorch's reason without the C++ stack; some messages end in a hint for people who debug
// libtorch.
std::string firstParagraph(std::string text) {
  const size_t cut = text.find("\nException raised from");
  if (cut != std::string::npos) text.resize(cut);
  // "[enforce fail at alloc_cpu.cpp:127] err == 0. The reason": only the reason is for users.
  if (text.rfind("[enforce fail at", 0) == 0) {
    const size_t reason = text.find(". ", text.find(']'));
    if (reason != std::string::npos) text.erase(0, reason + 2);
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  for (char& c : text) {
    if (c == '\n') c = ' ';
  }
  return text;
}

Napi::Error make(Napi::Env env, const char* code, const std::string& message) {
  const auto& errorClass = Environment::of(env)->errorClass;
  if (errorClass.IsEmpty()) return Napi::Error::New(env, message);
  const Napi::Object error =
      errorClass.New({Napi::String::New(env, code), Napi::String::New(env, message)});
  return Napi::Error(env, error);
}

constexpr const char* kSmaller =
    "; use a smaller batch or network, or end what else uses the device";

// Blocks too small for memory/caching_allocator.cc are libtorch's, whose error is of no class.
bool isOutOfMemory(const c10::Error& error) {
  return dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr ||
         std::string_view(error.what_without_backtrace()).find("can't allocate memory") !=
             std::string_view::npos;
}

}  // namespace

std::string describe(const Napi::Value& value) {
  switch (value.Type()) {
    case napi_undefined:
      return "nothing";
    case napi_string: {
      std::string text = value.As<Napi::String>().Utf8Value();
      if (text.size() > 60) text = text.substr(0, 57) + "...";
      return "\"" + text + "\"";
    }
    case napi_symbol:
      return "a symbol";
    case napi_function:
      return "a function";
    case napi_object:
      if (value.IsArray()) {
        return "an array of " + std::to_string(value.As<Napi::Array>().Length());
      }
      return value.IsTypedArray() ? "a typed array" : "an object";
    case napi_external:
      return "an external value";
    default:
      return value.ToString().Utf8Value();
  }
}

Napi::Error toJavaScript(Napi::Env env, const std::string& operatorName) {
  try {
    throw;
  } catch (const Napi::Error& error) {
    return error;
  } catch (const ArgumentError& error) {
    return make(env, error.code, operatorName + ": " + error.what());
  } catch (const c10::Error& error) {
    const std::string message =
        operatorName + ": " + firstParagraph(error.what_without_backtrace());
    return isOutOfMemory(error) ? make(env, "ERR_OUT_OF_MEMORY", message + kSmaller)
                                : make(env, "ERR_TORCH", message);
  } catch (const std::bad_alloc&) {
    return make(env, "ERR_OUT_OF_MEMORY", operatorName + ": out of memory" + kSmaller);
  } catch (const std::exception& error) {
    return make(env, "ERR_TORCH", operatorName + ": " + firstParagraph(error.what()));
  } catch (...) {
    return make(env, "ERR_TORCH", operatorName + ": an exception of unknown type");
  }
}

void throwInJavaScript(Napi::Env env, const std::string& operatorName) noexcept {
  try {
    const Napi::Error error = toJavaScript(env, operatorName);
    napi_throw(env, error.Value());
  } catch (...) {
  }
}

}  // namespace binding
