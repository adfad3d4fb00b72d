#include <ATen/CPUGeneratorImpl.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/GradMode.h>

#include "ops/register.h"

namespace ops {
namespace {

using at::Tensor;
using Sizes = std::vector<int64_t>;
using Seed = std::optional<int64_t>;

// A generator of this one draw's own, so that a draw is a function of its seed and of nothing that
// was drawn before. Without a seed: libtorch's default generator.
std::optional<at::Generator> generator(const Seed& seed, const at::Device& device) {
  if (!seed) return std::nullopt;
  if (device.is_cuda()) {
    at::Generator fresh = at::detail::getCUDAHooks().getNewGenerator(device.index());
    fresh.set_current_seed(static_cast<uint64_t>(*seed));
    return fresh;
  }
  return at::make_generator<at::CPUGeneratorImpl>(static_cast<uint64_t>(*seed));
}

at::TensorOptions options(at::ScalarType dtype, at::Device device) {
  return at::TensorOptions().dtype(dtype).device(device);
}

}  // namespace

void registerRandom(binding::Exports& e) {
  e.op<[](const Sizes& shape, double low, double high, at::ScalarType dtype, at::Device device,
          const Seed& seed) {
    return at::empty(shape, options(dtype, device)).uniform_(low, high, generator(seed, device));
  }>("uniform(shape, low, high, dtype, device, seed)");
  e.op<[](const Sizes& shape, double mean, double std, at::ScalarType dtype, at::Device device,
          const Seed& seed) {
    return at::empty(shape, options(dtype, device)).normal_(mean, std, generator(seed, device));
  }>("normal(shape, mean, std, dtype, device, seed)");
  e.op<[](const Sizes& shape, at::ScalarType dtype, at::Device device, const Seed& seed) {
    return at::rand(shape, generator(seed, device), options(dtype, device));
  }>("rand(shape, dtype, device, seed)");
  e.op<[](const Sizes& shape, at::ScalarType dtype, at::Device device, const Seed& seed) {
    return at::randn(shape, generator(seed, device), options(dtype, device));
  }>("randn(shape, dtype, device, seed)");
  e.op<[](int64_t low, int64_t high, const Sizes& shape, at::ScalarType dtype, at::Device device,
          const Seed& seed) {
    return at::randint(low, high, shape, generator(seed, device), options(dtype, device));
  }>("randint(low, high, shape, dtype, device, seed)");
  e.op<[](int64_t n, at::Device device, const Seed& seed) {
    return at::randperm(n, generator(seed, device), options(at::kLong, device));
  }>("randperm(n, device, seed)");
  e.op<[](const Tensor& probabilities, const Seed& seed) {
    return at::bernoulli(probabilities, generator(seed, probabilities.device()));
  }>("bernoulli(input, seed)");
  e.op<[](const Tensor& probabilities, int64_t samples, bool replacement, const Seed& seed) {
    return at::multinomial(probabilities, samples, replacement,
                           generator(seed, probabilities.device()));
  }>("multinomial(input, numSamples, replacement, seed)");
  // One index for each distribution softmax(logits[..., :]), the very one that multinomial draws
  // from these probabilities with this seed, without its checks of what a softmax cannot be.
  e.op<[](const Tensor& logits, const Seed& seed) {
    TORCH_CHECK(logits.dim() >= 1 && logits.size(-1) >= 1, "expected logits [..., K], got ",
                logits.sizes());
    const c10::NoGradGuard noGrad;
    const Tensor rows = at::softmax(logits, -1).contiguous().view({-1, logits.size(-1)});
    TORCH_CHECK(!at::isnan(rows).any().item<bool>(), "the logits are not finite");
    const Tensor noise = at::empty_like(rows).exponential_(1, generator(seed, rows.device()));
    Tensor ratio = noise;
    return at::argmax(at::div_out(ratio, rows, noise), -1)
        .view(logits.sizes().slice(0, logits.dim() - 1));
  }>("sampleCategorical(logits, seed)");
  // Inverted dropout with a mask of its own seed: at::dropout only knows the default generator.
  e.op<[](const Tensor& x, double p, const Seed& seed) {
    TORCH_CHECK(p >= 0 && p < 1, "p must be in [0, 1), got ", p);
    const double keep = 1 - p;
    const Tensor mask = at::empty_like(x).bernoulli_(keep, generator(seed, x.device()));
    return at::mul(x, mask.div_(keep));
  }>("dropout(input, p, seed)");
  e.op<[](int64_t seed) { at::manual_seed(static_cast<uint64_t>(seed)); }>("manualSeed(seed)");
}

}  // namespace ops
