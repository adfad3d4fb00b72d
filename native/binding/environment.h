#pragma once

#include <napi.h>

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "binding/handle_table.h"
#include "binding/resource_table.h"

namespace binding {

struct Environment;

// A bound function as its calls find it. The signature is a literal, "add(input, other)": its head
// is the name in JavaScript, its rest names the arguments.
struct Operator {
  Environment* environment;
  std::string_view signature;
  // What each parameter is read as; null for a function that reads its own arguments.
  std::vector<std::string> (*kinds)() = nullptr;

  std::string name() const { return std::string(signature.substr(0, signature.find('('))); }

  // As users know it: "add" for addScalar, which is what add is with a number.
  std::string publicName() const {
    std::string name = this->name();
    const size_t suffix = name.find("Scalar");
    if (suffix != std::string::npos) name.erase(suffix, 6);
    return name;
  }
};

// All state of one JavaScript environment (the main thread or a worker). There are no statics that
// hold tensors or references, so a worker may be terminated and a process exit at any moment.
struct Environment {
  HandleTable handles;
  ResourceTable resources;
  // Handles whose JavaScript objects were collected. A finalizer runs in the middle of a garbage
  // collection, perhaps between the moment a call read a handle and the moment it uses it, so it
  // only notes the handle here; the end of the next call releases it.
  std::vector<std::pair<Handle, int64_t>> collected;
  // A deque, because functions point at its elements.
  std::deque<Operator> operators;
  // Where finalizers belong: the Node-API environment of a second instance of this module, in which
  // nothing is ever thrown. While Node throws an error for the first one, a garbage collection may
  // run a finalizer, and one of the same environment would take the error for its own and end the
  // process.
  napi_env collector = nullptr;
  // EnasTorchError, given by the TypeScript side when it loads the addon.
  Napi::FunctionReference errorClass;

  void releaseCollected(Napi::Env env);

  // Shared with every finalizer: at exit the environment may go before the objects do.
  static std::shared_ptr<Environment>& of(Napi::Env env);
};

}  // namespace binding
