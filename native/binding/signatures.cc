#include "binding/signatures.h"

namespace binding {
namespace {

std::string write(const Operator& op) {
  if (op.kinds == nullptr) return op.name();
  std::string text = op.name() + "(";
  const std::vector<std::string> kinds = op.kinds();
  for (size_t i = 0; i < kinds.size(); ++i) {
    if (i > 0) text += ", ";
    text += Argument{*op.environment, op.signature, i}.label() + ": " + kinds[i];
  }
  return text + ")";
}

Napi::Value signatures(const Napi::CallbackInfo& info) {
  const auto& operators = Environment::of(info.Env())->operators;
  Napi::Array array = Napi::Array::New(info.Env(), operators.size());
  uint32_t next = 0;
  for (const Operator& op : operators) array.Set(next++, write(op));
  return array;
}

}  // namespace

void registerSignatures(Exports& exports) { exports.function<signatures>("signatures"); }

}  // namespace binding
