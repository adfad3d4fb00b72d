#include "kernels/image_batch.h"

#include <ATen/Parallel.h>
#include <ATen/record_function.h>

#include <algorithm>
#include <array>

namespace kernels {
namespace {

using at::Tensor;

struct Place {
  int64_t top = 0, left = 0, flip = 0, cutY = 0, cutX = 0;
};

// Every value that a pixel of a channel can become, computed as a tensor operation would.
using Levels = std::vector<std::array<float, 256>>;

// Of a place, so that adding to it never overflows; whatever lies so far off is outside the image.
int64_t near(int64_t offset) {
  constexpr int64_t kFar = int64_t{1} << 54;
  return std::clamp(offset, -kFar, kFar);
}

Levels levelsOf(const std::vector<double>& scale, const std::vector<double>& shift) {
  Levels levels(scale.size());
  for (size_t c = 0; c < scale.size(); ++c) {
    for (int value = 0; value < 256; ++value) {
      const float scaled = static_cast<float>(value) * static_cast<float>(scale[c]);
      levels[c][value] = scaled + static_cast<float>(shift[c]);
    }
  }
  return levels;
}

struct Size {
  int64_t channels, height, width;
};

// `to` is zeros.
void copyImage(const uint8_t* from, float* to, const Size& size, const Levels& levels,
               const Place& place) {
  const auto [channels, height, width] = size;
  for (int64_t y = 0; y < height; ++y) {
    const int64_t row = y + place.top;
    if (row < 0 || row >= height) continue;
    for (int64_t c = 0; c < channels; ++c) {
      const uint8_t* source = from + (c * height + row) * width;
      const auto& level = levels[c];
      for (int64_t x = 0; x < width; ++x) {
        const int64_t column = (place.flip != 0 ? width - 1 - x : x) + place.left;
        if (column < 0 || column >= width) continue;
        to[(y * width + x) * channels + c] = level[source[column]];
      }
    }
  }
}

void cutSquare(float* to, const Size& size, const Place& place, int64_t side) {
  const auto [channels, height, width] = size;
  const int64_t top = std::max<int64_t>(place.cutY - side / 2, 0);
  const int64_t bottom = std::min(place.cutY - side / 2 + side, height);
  const int64_t left = std::max<int64_t>(place.cutX - side / 2, 0);
  const int64_t right = std::min(place.cutX - side / 2 + side, width);
  if (left >= right) return;
  for (int64_t y = top; y < bottom; ++y) {
    std::fill(to + (y * width + left) * channels, to + (y * width + right) * channels, 0.0f);
  }
}

}  // namespace

Tensor imageBatch(const Tensor& images, const Tensor& index, const std::vector<double>& scale,
                  const std::vector<double>& shift, const std::optional<Tensor>& places,
                  int64_t cut) {
  RECORD_FUNCTION("enas::image_batch", {});
  TORCH_CHECK(images.is_cpu() && images.dim() == 4 && images.scalar_type() == at::kByte,
              "expected uint8 images [M, C, H, W] on the CPU, got ", images.scalar_type(),
              images.sizes());
  TORCH_CHECK(index.is_cpu() && index.dim() == 1 && index.scalar_type() == at::kLong,
              "expected an int64 index [N] on the CPU, got ", index.scalar_type(), index.sizes());
  const int64_t count = images.size(0), n = index.size(0);
  const Size size{images.size(1), images.size(2), images.size(3)};
  TORCH_CHECK(static_cast<int64_t>(scale.size()) == size.channels && shift.size() == scale.size(),
              "expected a scale and a shift for each of ", size.channels, " channels, got ",
              scale.size(), " and ", shift.size());
  if (places) {
    TORCH_CHECK(places->is_cpu() && places->scalar_type() == at::kLong &&
                    places->sizes() == at::IntArrayRef({n, 5}),
                "expected int64 places [", n, ", 5] on the CPU, got ", places->scalar_type(),
                places->sizes());
  }
  TORCH_CHECK(cut >= 0, "expected a square of side 0 or more, got ", cut);
  const Tensor pixels = images.contiguous(), taken = index.contiguous();
  const Tensor placed = places ? places->contiguous() : Tensor();
  const int64_t* indices = taken.const_data_ptr<int64_t>();
  for (int64_t i = 0; i < n; ++i) {
    TORCH_CHECK_INDEX(indices[i] >= 0 && indices[i] < count, "index ", indices[i],
                      " is not that of one of ", count, " images");
  }
  Tensor batch = at::empty({n, size.channels, size.height, size.width},
                           images.options().dtype(at::kFloat), at::MemoryFormat::ChannelsLast);
  batch.zero_();
  const Levels levels = levelsOf(scale, shift);
  const int64_t elements = size.channels * size.height * size.width;
  const uint8_t* from = pixels.const_data_ptr<uint8_t>();
  float* to = batch.mutable_data_ptr<float>();
  at::parallel_for(0, n, 16, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) {
      Place place;
      if (placed.defined()) {
        const int64_t* row = placed.const_data_ptr<int64_t>() + i * 5;
        place = {near(row[0]), near(row[1]), row[2], near(row[3]), near(row[4])};
      }
      float* image = to + i * elements;
      copyImage(from + indices[i] * elements, image, size, levels, place);
      if (cut > 0 && placed.defined()) cutSquare(image, size, place, cut);
    }
  });
  return batch;
}

}  // namespace kernels
