#include <ATen/core/dispatch/Dispatcher.h>

#include "ops/register.h"

// call("aten::roll", [args…]): any ATen operator by its schema, for what has no binding of its own.
// A tensor comes as {handle: number}, so that it cannot be mistaken for a number.
namespace ops {
namespace {

using at::Tensor;
using binding::Argument;

Tensor readTensor(const Argument& at, const Napi::Value& value) {
  const Napi::Value handle = value.As<Napi::Object>().Get("handle");
  return binding::Read<Tensor>::from(at, handle);
}

bool isTensor(const Napi::Value& value) {
  if (!value.IsObject() || value.IsArray()) return false;
  try {
    return value.As<Napi::Object>().Has("handle");
  } catch (const Napi::Error&) {
    // A proxy that was revoked cannot be asked.
    return false;
  }
}

c10::IValue readValue(const Argument& at, const Napi::Value& value, const c10::TypePtr& type);

template <typename T>
c10::List<T> readList(const Argument& at, const Napi::Array& array, uint32_t length) {
  c10::List<T> list;
  for (uint32_t i = 0; i < length; ++i) {
    list.push_back(binding::Read<T>::from(at, array.Get(i)));
  }
  return list;
}

c10::IValue readList(const Argument& at, const Napi::Value& value, const c10::TypePtr& element) {
  if (!value.IsArray()) at.reject("an array", value);
  const Napi::Array array = value.As<Napi::Array>();
  const uint32_t length = binding::lengthOf(at, array);
  switch (element->kind()) {
    case c10::TypeKind::IntType:
    case c10::TypeKind::SymIntType:
      return readList<int64_t>(at, array, length);
    case c10::TypeKind::FloatType:
      return readList<double>(at, array, length);
    case c10::TypeKind::BoolType:
      return readList<bool>(at, array, length);
    case c10::TypeKind::TensorType: {
      c10::List<Tensor> list;
      for (uint32_t i = 0; i < length; ++i) {
        const Napi::Value item = array.Get(i);
        if (!isTensor(item)) at.reject("an array of Tensors", value);
        list.push_back(readTensor(at, item));
      }
      return list;
    }
    case c10::TypeKind::OptionalType: {
      c10::List<std::optional<Tensor>> list;
      for (uint32_t i = 0; i < length; ++i) {
        const Napi::Value item = array.Get(i);
        list.push_back(isTensor(item) ? std::optional<Tensor>(readTensor(at, item)) : std::nullopt);
      }
      return list;
    }
    default:
      at.reject(("a list of " + element->str() + ", which has no JavaScript form").c_str(), value);
  }
}

c10::IValue readValue(const Argument& at, const Napi::Value& value, const c10::TypePtr& type) {
  switch (type->kind()) {
    case c10::TypeKind::OptionalType:
      if (value.IsUndefined() || value.IsNull()) return c10::IValue();
      return readValue(at, value, type->castRaw<c10::OptionalType>()->getElementType());
    case c10::TypeKind::TensorType:
      if (!isTensor(value)) at.reject("a Tensor", value);
      return readTensor(at, value);
    case c10::TypeKind::NumberType: {
      const double number = binding::Read<double>::from(at, value);
      if (number == std::floor(number) && std::abs(number) <= 9007199254740992.0) {
        return c10::IValue(static_cast<int64_t>(number));
      }
      return c10::IValue(number);
    }
    case c10::TypeKind::IntType:
    case c10::TypeKind::SymIntType:
      // Schemas write dtypes and layouts as int; a dtype may be given by its name.
      if (value.IsString()) {
        return static_cast<int64_t>(binding::Read<at::ScalarType>::from(at, value));
      }
      return binding::Read<int64_t>::from(at, value);
    case c10::TypeKind::FloatType:
      return binding::Read<double>::from(at, value);
    case c10::TypeKind::BoolType:
      return binding::Read<bool>::from(at, value);
    case c10::TypeKind::StringType:
      return binding::Read<std::string>::from(at, value);
    case c10::TypeKind::DeviceObjType:
      return binding::Read<at::Device>::from(at, value);
    case c10::TypeKind::ListType:
      return readList(at, value, type->castRaw<c10::ListType>()->getElementType());
    default:
      at.reject(("a value of type " + type->str() + ", which has no JavaScript form").c_str(),
                value);
  }
}

// A tensor in a result is {handle}, for the TypeScript side to wrap.
Napi::Value writeValue(binding::Environment& environment, Napi::Env env, const c10::IValue& value) {
  if (value.isTensor()) {
    const Tensor& tensor = value.toTensor();
    if (!tensor.defined()) return env.Null();
    // Its elements lie in no memory that an operator, or one of libtorch's own, could read as it
    // reads others.
    TORCH_CHECK(tensor.layout() == at::kStrided && !tensor.is_quantized() &&
                    !tensor._is_zerotensor() && !tensor.is_nested(),
                "the result is a sparse, quantized, or otherwise opaque tensor, which has no "
                "JavaScript form");
    Napi::Object object = Napi::Object::New(env);
    object.Set("handle", environment.handles.insert(tensor));
    return object;
  }
  if (value.isDouble()) return Napi::Number::New(env, value.toDouble());
  if (value.isInt()) return Napi::Number::New(env, static_cast<double>(value.toInt()));
  if (value.isBool()) return Napi::Boolean::New(env, value.toBool());
  if (value.isString()) return Napi::String::New(env, value.toStringRef());
  if (value.isNone()) return env.Null();
  if (value.isList() || value.isTuple()) {
    const auto elements =
        value.isList() ? value.toListRef().vec() : value.toTupleRef().elements().vec();
    Napi::Array array = Napi::Array::New(env, elements.size());
    for (size_t i = 0; i < elements.size(); ++i) {
      array.Set(static_cast<uint32_t>(i), writeValue(environment, env, elements[i]));
    }
    return array;
  }
  if (value.isScalar()) return Napi::Number::New(env, value.toScalar().toDouble());
  TORCH_CHECK(false, "the result is a ", value.tagKind(), ", which has no JavaScript form");
}

Napi::Value call(const Napi::CallbackInfo& info) {
  const auto& environment = binding::Environment::of(info.Env());
  std::string name = "call";
  try {
    const Argument nameArgument{*environment, "call(operator, arguments)", 0};
    name = binding::Read<std::string>::from(nameArgument, info[0]);
    if (!info[1].IsArray()) {
      Argument{*environment, "call(operator, arguments)", 1}.reject("an array", info[1]);
    }
    const Napi::Array given = info[1].As<Napi::Array>();
    const size_t dot = name.find('.', name.find("::") == std::string::npos ? 0 : name.find("::"));
    const std::string overload = dot == std::string::npos ? "" : name.substr(dot + 1);
    const auto op = c10::Dispatcher::singleton().findSchema({name.substr(0, dot), overload});
    if (!op) {
      throw binding::ArgumentError(
          "ERR_ARGUMENT",
          "expected an operator of libtorch, such as aten::roll or aten::add.Scalar");
    }
    const auto& schema = op->schema();
    const auto& parameters = schema.arguments();
    if (given.Length() > parameters.size()) {
      throw binding::ArgumentError("ERR_ARGUMENT",
                                   "expected at most " + std::to_string(parameters.size()) +
                                       " arguments, got " + std::to_string(given.Length()));
    }
    std::string signature = "(";
    for (const auto& parameter : parameters) signature += parameter.name() + ", ";
    torch::jit::Stack stack;
    for (size_t i = 0; i < parameters.size(); ++i) {
      const Napi::Value value =
          i < given.Length() ? given.Get(static_cast<uint32_t>(i)) : info.Env().Undefined();
      if (value.IsUndefined() && parameters[i].default_value()) {
        stack.push_back(*parameters[i].default_value());
      } else {
        stack.push_back(
            readValue(Argument{*environment, signature, i}, value, parameters[i].type()));
      }
    }
    op->callBoxed(stack);
    environment->releaseCollected(info.Env());
    if (stack.empty()) return info.Env().Undefined();
    if (stack.size() == 1) return writeValue(*environment, info.Env(), stack[0]);
    return writeValue(*environment, info.Env(),
                      c10::IValue(c10::ivalue::Tuple::create(std::move(stack))));
  } catch (...) {
    throw binding::toJavaScript(info.Env(), name);
  }
}

}  // namespace

void registerDispatch(binding::Exports& e) { e.function<call>("call"); }

}  // namespace ops
