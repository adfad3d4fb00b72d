#include <cmath>
#include <cstring>

#include "ops/register.h"

namespace ops {
namespace {

using at::Tensor;
using Sizes = std::vector<int64_t>;

at::TensorOptions options(at::ScalarType dtype, at::Device device) {
  return at::TensorOptions().dtype(dtype).device(device);
}

}  // namespace

void registerCreation(binding::Exports& e) {
  e.op<[](const Sizes& shape, at::ScalarType dtype, at::Device device) {
    return at::empty(shape, options(dtype, device));
  }>("empty(shape, dtype, device)");
  e.op<[](const Sizes& shape, at::ScalarType dtype, at::Device device) {
    return at::zeros(shape, options(dtype, device));
  }>("zeros(shape, dtype, device)");
  e.op<[](const Sizes& shape, at::ScalarType dtype, at::Device device) {
    return at::ones(shape, options(dtype, device));
  }>("ones(shape, dtype, device)");
  e.op<[](const Sizes& shape, double value, at::ScalarType dtype, at::Device device) {
    return at::full(shape, value, options(dtype, device));
  }>("full(shape, value, dtype, device)");
  e.op<[](double start, double end, double step, at::ScalarType dtype, at::Device device) {
    if (dtype == at::kLong) {
      for (const double bound : {start, end, step}) {
        TORCH_CHECK(std::abs(bound) <= 9007199254740992.0,
                    "expected start, end and step within ±2^53 for int64, got ", bound);
      }
      return at::arange(static_cast<int64_t>(start), static_cast<int64_t>(end),
                        static_cast<int64_t>(step), options(dtype, device));
    }
    return at::arange(start, end, step, options(dtype, device));
  }>("arange(start, end, step, dtype, device)");
  e.op<[](double start, double end, int64_t steps, at::ScalarType dtype, at::Device device) {
    return at::linspace(start, end, steps, options(dtype, device));
  }>("linspace(start, end, steps, dtype, device)");
  e.op<[](int64_t n, at::ScalarType dtype, at::Device device) {
    return at::eye(n, options(dtype, device));
  }>("eye(n, dtype, device)");
  e.op<[](const Tensor& like) { return at::zeros_like(like); }>("zerosLike(input)");
  e.op<[](const Tensor& like) { return at::empty_like(like); }>("emptyLike(input)");
  // A copy: the JavaScript memory is free to change or go afterwards.
  e.op<[](const binding::Bytes& array, const Sizes& shape, at::ScalarType dtype,
          at::Device device) {
    // Of pinned memory the device can copy by itself, while the host goes on.
    const bool pinned = device.is_cuda();
    Tensor tensor = at::empty(shape, options(dtype, at::kCPU).pinned_memory(pinned));
    const binding::Bytes::Span bytes = array.span();
    TORCH_CHECK(bytes.size == tensor.nbytes(), "shape ", at::IntArrayRef(shape), " of ",
                binding::dtypeName(dtype), " takes ", tensor.nbytes(), " bytes, the data has ",
                bytes.size);
    if (bytes.size != 0) std::memcpy(tensor.mutable_data_ptr(), bytes.data, bytes.size);
    return tensor.to(device, tensor.scalar_type(), /*non_blocking=*/pinned);
  }>("fromTypedArray(array, shape, dtype, device)");
  e.op<[](const Tensor& x, at::Device device) {
    if (!device.is_cuda() || !x.device().is_cpu()) return x.to(device);
    return x.pin_memory().to(device, x.scalar_type(), /*non_blocking=*/true);
  }>("upload(input, device)");
  // Into pinned memory, which no work of the device waits for.
  e.op<[](const Tensor& x) {
    if (!x.is_cuda()) return x.to(at::kCPU);
    const auto pinned = x.options().device(at::kCPU).pinned_memory(true).requires_grad(false);
    return at::empty(x.sizes(), pinned).copy_(x.detach(), /*non_blocking=*/true);
  }>("download(input)");
  // How a parameter looks into an arena, in any memory format.
  e.op<[](const Tensor& flat, const Sizes& shape, const Sizes& strides, int64_t offset) {
    return at::as_strided(flat, shape, strides, offset);
  }>("asStrided(input, shape, strides, offset)");
}

}  // namespace ops
