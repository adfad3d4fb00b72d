#include "ops/register.h"

namespace ops {
namespace {

using at::Tensor;
using Dims = std::optional<std::vector<int64_t>>;

at::OptionalIntArrayRef over(const Dims& dims) {
  return dims ? at::OptionalIntArrayRef(*dims) : at::OptionalIntArrayRef();
}

}  // namespace

// `dims` left out means over everything, as in PyTorch.
void registerReduce(binding::Exports& e) {
  e.op<[](const Tensor& x, const Dims& dims, bool keepdim) {
    return at::sum(x, over(dims), keepdim);
  }>("sum(input, dim, keepdim)");
  e.op<[](const Tensor& x, const Dims& dims, bool keepdim) {
    return at::mean(x, over(dims), keepdim);
  }>("mean(input, dim, keepdim)");
  e.op<[](const Tensor& x, const Dims& dims, bool keepdim) {
    return dims ? at::amax(x, *dims, keepdim) : at::amax(x, {}, keepdim);
  }>("max(input, dim, keepdim)");
  e.op<[](const Tensor& x, const Dims& dims, bool keepdim) {
    return dims ? at::amin(x, *dims, keepdim) : at::amin(x, {}, keepdim);
  }>("min(input, dim, keepdim)");
  e.op<[](const Tensor& x, std::optional<int64_t> dim, bool keepdim) {
    return at::argmax(x, dim, keepdim);
  }>("argmax(input, dim, keepdim)");
  e.op<[](const Tensor& x, std::optional<int64_t> dim, bool keepdim) {
    return at::argmin(x, dim, keepdim);
  }>("argmin(input, dim, keepdim)");
  e.op<[](const Tensor& x) { return at::prod(x); }>("prod(input)");
  e.op<[](const Tensor& x) { return at::all(x); }>("all(input)");
  e.op<[](const Tensor& x) { return at::any(x); }>("any(input)");
  e.op<[](const Tensor& x, const Dims& dims, bool keepdim) {
    return at::linalg_vector_norm(x, 2, over(dims), keepdim);
  }>("norm(input, dim, keepdim)");
  e.op<[](const Tensor& x, const Dims& dims, double correction, bool keepdim) {
    return at::var(x, over(dims), at::Scalar(correction), keepdim);
  }>("variance(input, dim, correction, keepdim)");
  e.op<[](const Tensor& x, const Dims& dims, double correction, bool keepdim) {
    return at::std(x, over(dims), at::Scalar(correction), keepdim);
  }>("std(input, dim, correction, keepdim)");
  e.op<[](const Tensor& x, const Dims& dims, bool keepdim) {
    return dims ? at::logsumexp(x, *dims, keepdim) : at::logsumexp(x.reshape({-1}), 0, keepdim);
  }>("logsumexp(input, dim, keepdim)");
  e.op<[](const Tensor& x, int64_t dim) { return at::cumsum(x, dim); }>("cumsum(input, dim)");
  e.op<[](const Tensor& x, int64_t k, int64_t dim, bool largest) {
    return at::topk(x, k, dim, largest);
  }>("topk(input, k, dim, largest)");
  e.op<[](const Tensor& x, int64_t dim, bool descending) { return at::sort(x, dim, descending); }>(
      "sort(input, dim, descending)");
}

}  // namespace ops
