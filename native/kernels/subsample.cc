#include "kernels/subsample.h"

#include <ATen/Parallel.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>

#include <array>
#include <cstring>

#include "kernels/plain.h"

namespace kernels {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr auto kChannelsLast = at::MemoryFormat::ChannelsLast;
// Bytes that are worth a thread.
constexpr int64_t kGrain = 1 << 16;

int64_t halved(int64_t size) { return (size + 1) / 2; }

// A map in memory as rows of pixels, each of so many bytes.
struct Map {
  int64_t images, height, width, pixel;

  int64_t row() const { return width * pixel; }
  int64_t grain() const { return std::max<int64_t>(1, kGrain / std::max<int64_t>(1, row())); }
};

Map mapOf(const Tensor& x) {
  return {x.size(0), x.size(2), x.size(3), x.size(1) * static_cast<int64_t>(x.element_size())};
}

bool fits(const Tensor& x) { return x.dim() == 4 && isPlain(x) && x.is_contiguous(kChannelsLast); }

char* bytes(const Tensor& x) { return static_cast<char*>(x.data_ptr()); }
const char* constBytes(const Tensor& x) { return static_cast<const char*>(x.const_data_ptr()); }

// Pixels of a row of the large map, from `offset` on, next to each other.
void gatherRow(const Map& large, int64_t offset, const char* from, char* to) {
  const int64_t out = halved(large.width);
  const int64_t there = (large.width - offset + 1) / 2;
  for (int64_t i = 0; i < there; ++i) {
    std::memcpy(to + i * large.pixel, from + (2 * i + offset) * large.pixel,
                static_cast<size_t>(large.pixel));
  }
  std::memset(to + there * large.pixel, 0, static_cast<size_t>((out - there) * large.pixel));
}

Tensor gather(const Tensor& x, int64_t offset) {
  const Map large = mapOf(x);
  Tensor y = at::empty({x.size(0), x.size(1), halved(large.height), halved(large.width)},
                       x.options().memory_format(kChannelsLast));
  const Map small = mapOf(y);
  const char* from = constBytes(x);
  char* to = bytes(y);
  at::parallel_for(0, small.images * small.height, small.grain(), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      const int64_t image = r / small.height;
      const int64_t row = 2 * (r % small.height) + offset;
      char* out = to + r * small.row();
      if (row < large.height) {
        gatherRow(large, offset, from + (image * large.height + row) * large.row(), out);
      } else {
        std::memset(out, 0, static_cast<size_t>(small.row()));
      }
    }
  });
  return y;
}

// The gradient of x: even rows have the first's gradient at their even pixels, odd rows the
// second's at their odd ones, and zero between.
Tensor scatter(const std::array<Tensor, 2>& gradients, at::IntArrayRef sizes) {
  const Tensor& any = gradients[0].defined() ? gradients[0] : gradients[1];
  Tensor dx = at::empty(sizes, any.options().memory_format(kChannelsLast));
  const Map large = mapOf(dx);
  const Map small{large.images, halved(large.height), halved(large.width), large.pixel};
  std::array<const char*, 2> from{};
  for (size_t offset = 0; offset < 2; ++offset) {
    if (gradients[offset].defined()) from[offset] = constBytes(gradients[offset]);
  }
  char* to = bytes(dx);
  const auto pixel = static_cast<size_t>(large.pixel);
  at::parallel_for(0, large.images * large.height, large.grain(), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      const int64_t image = r / large.height;
      const int64_t offset = (r % large.height) % 2;
      const char* source = from[static_cast<size_t>(offset)];
      char* out = to + r * large.row();
      if (source == nullptr) {
        std::memset(out, 0, static_cast<size_t>(large.row()));
        continue;
      }
      source += (image * small.height + (r % large.height) / 2) * small.row();
      for (int64_t x = 0; x < large.width; ++x) {
        if (x % 2 == offset) {
          std::memcpy(out + x * large.pixel, source + (x / 2) * large.pixel, pixel);
        } else {
          std::memset(out + x * large.pixel, 0, pixel);
        }
      }
    }
  });
  return dx;
}

Tensor view(const Tensor& x, int64_t offset) {
  const int64_t bottom = offset * (x.size(2) % 2);
  const int64_t right = offset * (x.size(3) % 2);
  const Tensor padded = bottom + right == 0 ? x : at::constant_pad_nd(x, {0, right, 0, bottom}, 0);
  const auto last = std::numeric_limits<int64_t>::max();
  return padded.slice(2, offset, last, 2).slice(3, offset, last, 2);
}

// The same gradient as differentiable operators, for gradients of gradients.
Tensor differentiableScatter(const Tensor& gradient, int64_t offset, at::IntArrayRef sizes) {
  const int64_t height = sizes[2] + offset * (sizes[2] % 2);
  const int64_t width = sizes[3] + offset * (sizes[3] % 2);
  const auto last = std::numeric_limits<int64_t>::max();
  const Tensor rows = at::slice_backward(gradient, {sizes[0], sizes[1], gradient.size(2), width}, 3,
                                         offset, last, 2);
  return at::slice_backward(rows, {sizes[0], sizes[1], height, width}, 2, offset, last, 2)
      .narrow(2, 0, sizes[2])
      .narrow(3, 0, sizes[3]);
}

struct Pair : torch::autograd::Function<Pair> {
  static variable_list forward(AutogradContext* ctx, const Tensor& x) {
    RECORD_FUNCTION("enas::subsample_pair", {});
    ctx->set_materialize_grads(false);
    ctx->saved_data["sizes"] = x.sizes().vec();
    return {gather(x, 0), gather(x, 1)};
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& gradients) {
    RECORD_FUNCTION("enas::subsample_pair_backward", {});
    const std::vector<int64_t> sizes = ctx->saved_data["sizes"].toIntVector();
    if (!at::GradMode::is_enabled()) {
      std::array<Tensor, 2> dense;
      for (size_t offset = 0; offset < 2; ++offset) {
        if (gradients[offset].defined())
          dense[offset] = gradients[offset].contiguous(kChannelsLast);
      }
      return {scatter(dense, sizes)};
    }
    Tensor dx;
    for (int64_t offset = 0; offset < 2; ++offset) {
      const Tensor& gradient = gradients[static_cast<size_t>(offset)];
      if (!gradient.defined()) continue;
      const Tensor part = differentiableScatter(gradient, offset, sizes);
      dx = dx.defined() ? dx + part : part;
    }
    return {dx};
  }
};

}  // namespace

std::tuple<Tensor, Tensor> subsamplePair(const Tensor& x) {
  TORCH_CHECK(x.dim() == 4, "expected [N, C, H, W], got ", x.sizes());
  if (!fits(x)) return {view(x, 0), view(x, 1)};
  variable_list both = Pair::apply(x);
  return {both[0], both[1]};
}

}  // namespace kernels
