#include "ops/register.h"

namespace ops {

using at::Tensor;
using Sizes = std::vector<int64_t>;

void registerShape(binding::Exports& e) {
  e.op<[](const Tensor& x, const Sizes& shape) { return at::reshape(x, shape); }>(
      "reshape(input, shape)");
  e.op<[](const Tensor& x, const Sizes& shape) { return x.view(shape); }>("view(input, shape)");
  e.op<[](const Tensor& x, int64_t start, int64_t end) { return at::flatten(x, start, end); }>(
      "flatten(input, startDim, endDim)");
  e.op<[](const Tensor& x, std::optional<int64_t> dim) {
    return dim ? at::squeeze(x, *dim) : at::squeeze(x);
  }>("squeeze(input, dim)");
  e.op<[](const Tensor& x, int64_t dim) { return at::unsqueeze(x, dim); }>("unsqueeze(input, dim)");
  e.op<[](const Tensor& x, int64_t a, int64_t b) { return at::transpose(x, a, b); }>(
      "transpose(input, dim0, dim1)");
  e.op<[](const Tensor& x, const Sizes& dims) { return at::permute(x, dims); }>(
      "permute(input, dims)");
  e.op<[](const Tensor& x, const Sizes& shape) { return x.expand(shape); }>("expand(input, shape)");
  e.op<[](const Tensor& x, const Sizes& repeats) { return x.repeat(repeats); }>(
      "repeat(input, repeats)");
  e.op<[](const Tensor& x, int64_t dim, int64_t start, int64_t length) {
    return at::narrow(x, dim, start, length);
  }>("narrow(input, dim, start, length)");
  e.op<[](const Tensor& x, int64_t dim, int64_t index) { return at::select(x, dim, index); }>(
      "select(input, dim, index)");
  e.op<[](const Tensor& x, int64_t dim, std::optional<int64_t> start, std::optional<int64_t> end,
          int64_t step) { return at::slice(x, dim, start, end, step); }>(
      "slice(input, dim, start, end, step)");
  e.op<[](const Tensor& x, const Sizes& dims) { return at::flip(x, dims); }>("flip(input, dims)");
  e.op<[](const Tensor& x, const Sizes& shifts, const Sizes& dims) {
    return at::roll(x, shifts, dims);
  }>("roll(input, shifts, dims)");
  e.op<[](const Tensor& x, int64_t dim, const Tensor& index) {
    return at::index_select(x, dim, index);
  }>("indexSelect(input, dim, index)");
  e.op<[](const Tensor& x, int64_t dim, const Tensor& index) { return at::gather(x, dim, index); }>(
      "gather(input, dim, index)");
  e.op<[](const Tensor& x, const Tensor& mask, double value) {
    return at::masked_fill(x, mask, value);
  }>("maskedFill(input, mask, value)");
  e.op<[](const Tensor& x, const Tensor& mask) { return at::masked_select(x, mask); }>(
      "maskedSelect(input, mask)");
  e.op<[](const Tensor& condition, const Tensor& a, const Tensor& b) {
    return at::where(condition, a, b);
  }>("where(condition, input, other)");
  e.op<[](const Tensor& x, int64_t classes) { return at::one_hot(x, classes); }>(
      "oneHot(input, numClasses)");
  e.op<[](const std::vector<Tensor>& tensors, int64_t dim) { return at::cat(tensors, dim); }>(
      "cat(tensors, dim)");
  e.op<[](const std::vector<Tensor>& tensors, int64_t dim) { return at::stack(tensors, dim); }>(
      "stack(tensors, dim)");
  e.op<[](const Tensor& x, const Sizes& sizes, int64_t dim) {
    return at::split_with_sizes(x, sizes, dim);
  }>("split(input, sizes, dim)");
  e.op<[](const Tensor& x, int64_t chunks, int64_t dim) { return at::chunk(x, chunks, dim); }>(
      "chunk(input, chunks, dim)");
  e.op<[](const Tensor& x, at::MemoryFormat format) { return x.contiguous(format); }>(
      "contiguous(input, memoryFormat)");
  e.op<[](const Tensor& x) { return at::clone(x); }>("clone(input)");
  e.op<[](const Tensor& x, std::optional<at::ScalarType> dtype, std::optional<at::Device> device,
          std::optional<at::MemoryFormat> format, bool nonBlocking) {
    return x.to(dtype.value_or(x.scalar_type()), std::nullopt, device.value_or(x.device()),
                std::nullopt, nonBlocking, false, format);
  }>("to(input, dtype, device, memoryFormat, nonBlocking)");
  e.op<[](Tensor x, int64_t dim, const Tensor& index, const Tensor& source) {
    x.index_add_(dim, index, source);
  }>("indexAdd_(input, dim, index, source)");
  e.op<[](Tensor x, int64_t dim, const Tensor& index, const Tensor& source) {
    x.index_copy_(dim, index, source);
  }>("indexCopy_(input, dim, index, source)");
  e.op<[](Tensor x, int64_t dim, const Tensor& index, const Tensor& source) {
    x.scatter_(dim, index, source);
  }>("scatter_(input, dim, index, source)");
  e.op<[](const Tensor& x, int64_t dim, const Tensor& index, const Tensor& source) {
    return at::scatter(x, dim, index, source);
  }>("scatter(input, dim, index, source)");
}

}  // namespace ops
