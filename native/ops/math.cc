#include <ATen/ScalarOps.h>

#include "kernels/sum.h"
#include "ops/register.h"

namespace ops {
namespace {

using at::Tensor;

at::Scalar wholeOrReal(double value) {
  constexpr double kExact = 9007199254740992.0;
  if (value == std::floor(value) && std::abs(value) <= kExact) {
    return at::Scalar(static_cast<int64_t>(value));
  }
  return at::Scalar(value);
}

// A number as the tensor it meets takes it: adding 1.0 to an int64 tensor would make it float32,
// and taking -0 for the integer 0 would lose the sign of a division by it.
at::Scalar scalar(double value, const Tensor& like) {
  return like.is_floating_point() ? at::Scalar(value) : wholeOrReal(value);
}

// The same as a tensor without dimensions that does not count in dtype promotion, which is what
// libtorch makes of a Scalar. Made in the other operand's dtype it need not be converted for each
// operation, and mul costs 0.9 µs instead of 1.9. Only where the operation is computed in that very
// dtype: bfloat16 is computed in float32, which would see a rounded number.
Tensor number(double value, const Tensor& like) {
  const at::ScalarType dtype = like.scalar_type();
  const bool exact = dtype == at::kFloat || dtype == at::kDouble;
  Tensor made = exact ? at::detail::scalar_tensor_static(value, dtype, at::kCPU)
                      : c10::scalar_to_tensor(scalar(value, like));
  made.unsafeGetTensorImpl()->set_wrapped_number(true);
  return made;
}

// libtorch refuses a real alpha between integer tensors, even 1.0.
at::Scalar factor(std::optional<double> alpha) { return wholeOrReal(alpha.value_or(1)); }

// The other operand of what changes `self` in place. Where it is `self` its gradient would save it:
// a tensor that has changed by then, and whose graph leads back to the gradient, so that neither
// would ever be freed.
c10::MaybeOwned<Tensor> apart(const Tensor& other, const Tensor& self) {
  using Operand = c10::MaybeOwned<Tensor>;
  return other.is_same(self) && self.requires_grad() ? Operand::owned(other.clone())
                                                     : Operand::borrowed(other);
}

void registerBinary(binding::Exports& e) {
  e.op<[](const Tensor& a, const Tensor& b, std::optional<double> alpha) {
    return at::add(a, b, factor(alpha));
  }>("add(input, other, alpha)");
  e.op<[](const Tensor& a, const Tensor& b, std::optional<double> alpha) {
    return at::sub(a, b, factor(alpha));
  }>("sub(input, other, alpha)");
  e.op<[](const std::vector<Tensor>& tensors) { return kernels::sumOf(tensors); }>(
      "sumOf(tensors)");
  e.op<[](const Tensor& a, const Tensor& b) { return at::mul(a, b); }>("mul(input, other)");
  e.op<[](const Tensor& a, const Tensor& b) { return at::div(a, b); }>("div(input, other)");
  e.op<[](const Tensor& a, const Tensor& b) { return at::pow(a, b); }>("pow(input, exponent)");
  e.op<[](const Tensor& a, const Tensor& b) { return at::remainder(a, b); }>(
      "remainder(input, other)");
  e.op<[](const Tensor& a, const Tensor& b) { return at::floor_divide(a, b); }>(
      "floorDivide(input, other)");
  e.op<[](const Tensor& a, const Tensor& b) { return at::maximum(a, b); }>("maximum(input, other)");
  e.op<[](const Tensor& a, const Tensor& b) { return at::minimum(a, b); }>("minimum(input, other)");
  e.op<[](const Tensor& a, const Tensor& b) { return at::matmul(a, b); }>("matmul(input, other)");
  e.op<[](const Tensor& a, const Tensor& b) { return at::logical_and(a, b); }>(
      "logicalAnd(input, other)");
  e.op<[](const Tensor& a, const Tensor& b) { return at::logical_or(a, b); }>(
      "logicalOr(input, other)");
  e.op<[](const Tensor& a, const Tensor& b) { return at::eq(a, b); }>("eq(input, other)");
  e.op<[](const Tensor& a, const Tensor& b) { return at::ne(a, b); }>("ne(input, other)");
  e.op<[](const Tensor& a, const Tensor& b) { return at::lt(a, b); }>("lt(input, other)");
  e.op<[](const Tensor& a, const Tensor& b) { return at::le(a, b); }>("le(input, other)");
  e.op<[](const Tensor& a, const Tensor& b) { return at::gt(a, b); }>("gt(input, other)");
  e.op<[](const Tensor& a, const Tensor& b) { return at::ge(a, b); }>("ge(input, other)");
}

void registerScalar(binding::Exports& e) {
  e.op<[](const Tensor& a, double b) { return at::add(a, number(b, a), 1); }>(
      "addScalar(input, other)");
  e.op<[](const Tensor& a, double b) { return at::sub(a, number(b, a), 1); }>(
      "subScalar(input, other)");
  e.op<[](const Tensor& a, double b) { return at::rsub(a, scalar(b, a)); }>(
      "rsubScalar(input, other)");
  e.op<[](const Tensor& a, double b) { return at::mul(a, number(b, a)); }>(
      "mulScalar(input, other)");
  e.op<[](const Tensor& a, double b) { return at::div(a, number(b, a)); }>(
      "divScalar(input, other)");
  e.op<[](const Tensor& a, double b) { return at::pow(a, scalar(b, a)); }>(
      "powScalar(input, exponent)");
  e.op<[](const Tensor& a, double b) { return at::remainder(a, number(b, a)); }>(
      "remainderScalar(input, other)");
  e.op<[](const Tensor& a, double b) { return at::floor_divide(a, number(b, a)); }>(
      "floorDivideScalar(input, other)");
  e.op<[](const Tensor& a, double b) { return at::eq(a, number(b, a)); }>("eqScalar(input, other)");
  e.op<[](const Tensor& a, double b) { return at::ne(a, number(b, a)); }>("neScalar(input, other)");
  e.op<[](const Tensor& a, double b) { return at::lt(a, number(b, a)); }>("ltScalar(input, other)");
  e.op<[](const Tensor& a, double b) { return at::le(a, number(b, a)); }>("leScalar(input, other)");
  e.op<[](const Tensor& a, double b) { return at::gt(a, number(b, a)); }>("gtScalar(input, other)");
  e.op<[](const Tensor& a, double b) { return at::ge(a, number(b, a)); }>("geScalar(input, other)");
}

std::optional<at::Scalar> bound(std::optional<double> value, const Tensor& like) {
  return value ? std::optional<at::Scalar>(scalar(*value, like)) : std::nullopt;
}

void registerUnary(binding::Exports& e) {
  e.op<[](const Tensor& x) { return at::neg(x); }>("neg(input)");
  e.op<[](const Tensor& x) { return at::exp(x); }>("exp(input)");
  e.op<[](const Tensor& x) { return at::log(x); }>("log(input)");
  e.op<[](const Tensor& x) { return at::log1p(x); }>("log1p(input)");
  e.op<[](const Tensor& x) { return at::sqrt(x); }>("sqrt(input)");
  e.op<[](const Tensor& x) { return at::rsqrt(x); }>("rsqrt(input)");
  e.op<[](const Tensor& x) { return at::reciprocal(x); }>("reciprocal(input)");
  e.op<[](const Tensor& x) { return at::abs(x); }>("abs(input)");
  e.op<[](const Tensor& x) { return at::sign(x); }>("sign(input)");
  e.op<[](const Tensor& x) { return at::square(x); }>("square(input)");
  e.op<[](const Tensor& x) { return at::sin(x); }>("sin(input)");
  e.op<[](const Tensor& x) { return at::cos(x); }>("cos(input)");
  e.op<[](const Tensor& x) { return at::floor(x); }>("floor(input)");
  e.op<[](const Tensor& x) { return at::ceil(x); }>("ceil(input)");
  e.op<[](const Tensor& x) { return at::round(x); }>("round(input)");
  e.op<[](const Tensor& x) { return at::tanh(x); }>("tanh(input)");
  e.op<[](const Tensor& x) { return at::sigmoid(x); }>("sigmoid(input)");
  e.op<[](const Tensor& x) { return at::log_sigmoid(x); }>("logSigmoid(input)");
  e.op<[](const Tensor& x) { return at::relu(x); }>("relu(input)");
  e.op<[](const Tensor& x) { return at::logical_not(x); }>("logicalNot(input)");
  e.op<[](const Tensor& x) { return at::isnan(x); }>("isnan(input)");
  e.op<[](const Tensor& x) { return at::isfinite(x); }>("isfinite(input)");
  e.op<[](const Tensor& x, std::optional<double> min, std::optional<double> max) {
    return at::clamp(x, bound(min, x), bound(max, x));
  }>("clamp(input, min, max)");
}

void registerInPlace(binding::Exports& e) {
  e.op<[](Tensor a, const Tensor& b, std::optional<double> alpha) { a.add_(b, factor(alpha)); }>(
      "add_(input, other, alpha)");
  e.op<[](Tensor a, const Tensor& b, std::optional<double> alpha) { a.sub_(b, factor(alpha)); }>(
      "sub_(input, other, alpha)");
  e.op<[](Tensor a, const Tensor& b) { a.mul_(*apart(b, a)); }>("mul_(input, other)");
  e.op<[](Tensor a, const Tensor& b) { a.div_(*apart(b, a)); }>("div_(input, other)");
  e.op<[](Tensor a, double b) { a.add_(number(b, a), 1); }>("addScalar_(input, other)");
  e.op<[](Tensor a, double b) { a.sub_(number(b, a), 1); }>("subScalar_(input, other)");
  e.op<[](Tensor a, double b) { a.mul_(number(b, a)); }>("mulScalar_(input, other)");
  e.op<[](Tensor a, double b) { a.div_(number(b, a)); }>("divScalar_(input, other)");
  e.op<[](Tensor a, double value) { a.fill_(scalar(value, a)); }>("fill_(input, value)");
  e.op<[](Tensor a) { a.zero_(); }>("zero_(input)");
  e.op<[](Tensor a, const Tensor& source) { a.copy_(source); }>("copy_(input, source)");
  e.op<[](Tensor a, std::optional<double> min, std::optional<double> max) {
    a.clamp_(bound(min, a), bound(max, a));
  }>("clamp_(input, min, max)");
  e.op<[](Tensor a, const Tensor& end, double weight) { a.lerp_(end, weight); }>(
      "lerp_(input, end, weight)");
}

}  // namespace

void registerMath(binding::Exports& e) {
  registerBinary(e);
  registerScalar(e);
  registerUnary(e);
  registerInPlace(e);
}

}  // namespace ops
